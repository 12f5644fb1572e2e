// SPDX-License-Identifier: MIT
#include <ebm/energy/neural.hpp>
#include <ebm/energy/scorer.hpp>
#include <limits>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/image_net.hpp"
#include "support/message.hpp"

using namespace ebm;

TEST_CASE("a scorer gives the scores of all samples at once, one by one, and in any number") {
  const Neural<ImageNet> energy(Rng{1});
  const Samples<float> x = images(37);
  const Eigen::VectorXf expected = scores(energy, x);
  Scorer scorer(energy);
  std::vector<float> together(37);
  scorer(x, together);
  CHECK(std::ranges::equal(together, expected));
  for (Eigen::Index i = 0; i < x.rows(); ++i) CHECK(scorer(sample_of(x, i)) == expected[i]);
}

TEST_CASE("a scorer takes no memory once it is warm") {
  const Neural<ImageNet> energy(Rng{1});
  const Samples<float> x = images(37);
  Scorer scorer(energy);
  std::vector<float> all(37);
  static_cast<void>(scorer(sample_of(x, 0)));
  const std::size_t before = allocation_count();
  float sum = 0;
  for (Eigen::Index i = 0; i < x.rows(); ++i) sum += scorer(sample_of(x, i));
  scorer(x, all);
  CHECK(allocation_count() == before);
  CHECK(std::isfinite(sum));
}

TEST_CASE("a scorer follows changes of its energy, and refuses what does not fit it") {
  Neural<ImageNet> energy(Rng{1});
  const Samples<float> x = images(1);
  Scorer scorer(energy);
  const float before = scorer(sample_of(x, 0));
  energy.change_parameters([](std::span<float> p) { p.back() += 1; });
  CHECK(scorer(sample_of(x, 0)) == Approx(before + 1));

  const auto message = [&](const std::vector<float>& sample) {
    return message_of<InvalidArgument>([&] { static_cast<void>(scorer(sample)); });
  };
  CHECK(message(std::vector<float>(35)) ==
        "Scorer: the energy expects 36 features a sample, got 35");
  CHECK(message(std::vector<float>(36, std::numeric_limits<float>::infinity())) ==
        "Scorer: sample 0 holds a value that is not finite");
  std::vector<float> few(2);
  CHECK(message_of<InvalidArgument>([&] { scorer(images(3), few); }) ==
        "Scorer: got 3 samples and room for 2 scores");
}
