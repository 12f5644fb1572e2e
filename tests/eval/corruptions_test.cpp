// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <ebm/eval/corruptions.hpp>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"

namespace {

using namespace ebm;
using corruptions::ImageSize;
using Eigen::Index;

constexpr ImageSize size{5, 6};
constexpr int area = 30;

// |z| beyond this has probability 1e-6: the false-alarm rate of each comparison below.
constexpr double z_bound = 4.892;

/// Images of two channels.
Samples<float> images(int count) {
  return random_samples<float>(count, 2 * area, 3);
}

using Corruption = std::function<Samples<float>(const Samples<float>&, Rng, std::uint64_t)>;

/// Those that draw random numbers.
const std::map<std::string, Corruption>& random_corruptions() {
  static const std::map<std::string, Corruption> all{
      {"noise", [](auto& x, Rng rng, auto first) { return corruptions::noise(x, rng, first); }},
      {"noisy",
       [](auto& x, Rng rng, auto first) { return corruptions::noisy(x, rng, 0.3, first); }},
      {"constant",
       [](auto& x, Rng rng, auto first) { return corruptions::constant(x, rng, first); }},
      {"salt",
       [](auto& x, Rng rng, auto first) { return corruptions::salt(x, rng, size, 0.5, first); }},
      {"blank_salt", [](auto& x, Rng rng,
                        auto first) { return corruptions::blank_salt(x, rng, size, 0.5, first); }},
      {"square",
       [](auto& x, Rng rng, auto first) { return corruptions::square(x, rng, size, 2, first); }},
      {"shuffled",
       [](auto& x, Rng rng, auto first) { return corruptions::shuffled(x, rng, size, first); }}};
  return all;
}

/// An image of one channel whose pixels are 0, 1, 2, ...: none of the range, but told apart.
Samples<float> numbered(int rows, int columns) {
  Samples<float> image(1, rows * columns);
  for (int i = 0; i < rows * columns; ++i) image(0, i) = static_cast<float>(i);
  return image;
}

Samples<float> row_of(std::initializer_list<float> values) {
  Samples<float> image(1, static_cast<Index>(values.size()));
  std::ranges::copy(values, image.data());
  return image;
}

}  // namespace

TEST_CASE("an image's corruption depends on the seed and its id: not on the batch around it") {
  const auto all = images(40);
  for (const auto& [name, corrupt] : random_corruptions()) {
    CAPTURE(name);
    const auto reference = corrupt(all, Rng{5}, 100);
    CHECK(corrupt(all, Rng{5}, 100) == reference);
    CHECK(corrupt(all.middleRows(7, 11), Rng{5}, 107) == reference.middleRows(7, 11));
    CHECK(corrupt(all, Rng{6}, 100) != reference);
    CHECK(corrupt(all, Rng{5}, 101) != reference);
    CHECK(reference.minCoeff() >= -1);
    CHECK(reference.maxCoeff() <= 1);
    CHECK(corrupt(all.topRows(0), Rng{5}, 0).rows() == 0);
  }
}

TEST_CASE("noise is uniform on every pixel, and constant images are so from one to the next") {
  for (const auto* corrupt : {"noise", "constant"}) {
    CAPTURE(corrupt);
    const Eigen::VectorXf x = random_corruptions().at(corrupt)(images(20000), Rng{1}, 0).col(7);
    const double n = static_cast<double>(x.size());
    CHECK(std::abs(x.cast<double>().mean()) < z_bound / std::sqrt(3 * n));
    // Var(x^2) = 1/5 - 1/9
    CHECK(std::abs(x.cast<double>().squaredNorm() / n - 1.0 / 3) <
          z_bound * std::sqrt(4 / 45.0 / n));
  }
  const auto gray = corruptions::constant(images(3), Rng{1});
  for (Index i = 0; i < 3; ++i) CHECK((gray.row(i).array() == gray(i, 0)).all());
  CHECK(gray(0, 0) != gray(1, 0));
}

TEST_CASE("noisy images have normal noise of the deviation, clamped to the pixels' range") {
  const Samples<float> black = Samples<float>::Constant(2000, 50, -1), gray = 0 * black;
  const auto noisy = corruptions::noisy(gray, Rng{2}, 0.1);
  const double n = static_cast<double>(noisy.size());
  const double mean = noisy.cast<double>().mean();
  const double square = noisy.cast<double>().squaredNorm() / n;
  CHECK(std::abs(mean) < z_bound * 0.1 / std::sqrt(n));
  CHECK(std::abs(square / 0.01 - 1) < z_bound * std::sqrt(2 / n));
  const auto clamped = corruptions::noisy(black, Rng{2}, 0.1);
  const double kept = static_cast<double>((clamped.array() == -1).count());
  CHECK(std::abs(kept / n - 0.5) < z_bound * 0.5 / std::sqrt(n));
  CHECK(corruptions::noisy(images(2), Rng{2}, 0) == images(2));
}

TEST_CASE("flipped images are mirrored about the axes asked for, both by default") {
  using corruptions::Flip;
  using corruptions::flipped;
  const ImageSize small{2, 3};
  CHECK(flipped(numbered(2, 3), small) == row_of({5, 4, 3, 2, 1, 0}));
  CHECK(flipped(numbered(2, 3), small, Flip::upside_down) == row_of({3, 4, 5, 0, 1, 2}));
  CHECK(flipped(numbered(2, 3), small, Flip::left_right) == row_of({2, 1, 0, 5, 4, 3}));
  // Two channels of 1x3 stay in their places.
  CHECK(flipped(numbered(2, 3), {1, 3}) == row_of({2, 1, 0, 5, 4, 3}));
}

TEST_CASE("shrunk images are every second pixel in the corner, or means in the middle") {
  using corruptions::shrunk;
  const ImageSize four{4, 4};
  CHECK(shrunk(numbered(4, 4), four) ==
        row_of({0, 2, -1, -1, 8, 10, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1}));
  CHECK(shrunk(numbered(4, 4), four, {.average = true, .centred = true}) ==
        row_of({-1, -1, -1, -1, -1, 2.5, 4.5, -1, -1, 10.5, 12.5, -1, -1, -1, -1, -1}));
  // Two channels of 2x3: the odd last column is left out.
  CHECK(shrunk(numbered(4, 3), {2, 3}) == row_of({0, -1, -1, -1, -1, -1, 6, -1, -1, -1, -1, -1}));
}

TEST_CASE("inverted images are negatives") {
  CHECK(corruptions::inverted(row_of({-1, 0.25, 1})) == row_of({1, -0.25, -1}));
}

TEST_CASE("salt makes the share of pixels white in all channels and leaves the others") {
  const auto clean = images(3000);
  const auto salted = corruptions::salt(clean, Rng{4}, size, 0.2);
  double white = 0;
  for (Index i = 0; i < clean.rows(); ++i) {
    for (Index pixel = 0; pixel < area; ++pixel) {
      const bool is_white = salted(i, pixel) == 1;
      white += is_white;
      REQUIRE((salted(i, area + pixel) == 1) == is_white);
      if (!is_white) REQUIRE(salted(i, pixel) == clean(i, pixel));
    }
  }
  const double n = 3000 * area;
  CHECK(std::abs(white / n - 0.2) < z_bound * std::sqrt(0.2 * 0.8 / n));
  CHECK(corruptions::salt(clean, Rng{4}, size, 0) == clean);
  CHECK(corruptions::salt(clean, Rng{4}, size, 1).minCoeff() == 1);
}

TEST_CASE("blank images with salt are background with the salt of the images") {
  const auto salted = corruptions::salt(images(30), Rng{4}, size);
  const auto blank = corruptions::blank_salt(images(30), Rng{4}, size);
  CHECK(((blank.array() == 1) || (blank.array() == -1)).all());
  CHECK(((blank.array() == 1) == (salted.array() == 1)).all());
}

TEST_CASE("a white square is wholly inside, at every place alike") {
  const auto clean = images(4000);
  const auto squares = corruptions::square(clean, Rng{5}, size, 2);
  std::map<std::pair<Index, Index>, int> places;
  for (Index i = 0; i < clean.rows(); ++i) {
    Index first = 0;
    while (squares(i, first) != 1) ++first;
    const Index row = first / size.columns, column = first % size.columns;
    ++places[{row, column}];
    Samples<float> expected = clean.row(i);
    for (const Index at : {first, first + 1, first + size.columns, first + size.columns + 1}) {
      expected(0, at) = expected(0, area + at) = 1;
    }
    REQUIRE(squares.row(i) == expected);
  }
  // Chi-square with 19 degrees of freedom exceeds 62 with probability 2e-6.
  REQUIRE(places.size() == 20);
  double chi_square = 0;
  for (const auto& [place, count] : places) chi_square += (count - 200) * (count - 200) / 200.0;
  CHECK(chi_square < 62);
}

TEST_CASE("shuffled images keep their pixels, each in an order of its own, in all channels alike") {
  const auto clean = images(3);
  const auto shuffled = corruptions::shuffled(clean, Rng{6}, size);
  std::set<std::vector<Index>> orders;
  for (Index i = 0; i < 3; ++i) {
    std::vector<Index> order;
    for (Index pixel = 0; pixel < area; ++pixel) {
      Index from = 0;
      while (clean(i, from) != shuffled(i, pixel)) ++from;
      order.push_back(from);
      CHECK(shuffled(i, area + pixel) == clean(i, area + from));
    }
    CHECK(std::ranges::is_sorted(order) == false);
    orders.insert(order);
    CHECK(std::set(order.begin(), order.end()).size() == std::size_t{area});
  }
  CHECK(orders.size() == 3);
}

TEST_CASE("images of another size are refused with both") {
  const auto message = [](const auto& corrupt) {
    return message_of<InvalidArgument>([&] { (void)corrupt(); });
  };
  CHECK(message([] { return corruptions::flipped(images(2), {7, 4}); }) ==
        "flipped: images of 60 pixels are no channels of 7x4");
  CHECK(message([] { return corruptions::shrunk(images(2), {0, 4}); }) ==
        "shrunk: sizes must be > 0, got 0x4");
  CHECK(message([] { return corruptions::salt(images(2), {}, size, 1.5); }) ==
        "salt: share must be in [0, 1], got 1.5");
  CHECK(message([] { return corruptions::square(images(2), {}, size, 6); }) ==
        "square: side must be in [1, 5], got 6");
  CHECK(message([] { return corruptions::noisy(images(2), {}, -1); }) ==
        "noisy: deviation must be >= 0 and finite, got -1");
}
