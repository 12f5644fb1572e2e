// SPDX-License-Identifier: MIT
// What is chosen by uniform indices: orders of data, and places of a replay buffer.
#include <ebm/sampler/replay_buffer.hpp>
#include <ebm/train/training_data.hpp>

#include "campaign.hpp"

namespace statistics {

namespace {

/// The order in which an epoch takes `size` samples, that are named 0, 1, ...
class Orders {
 public:
  explicit Orders(int size) : names_(size, 1), order_(size, 1) {
    for (int i = 0; i < size; ++i) names_(i, 0) = static_cast<float>(i);
  }

  [[nodiscard]] std::span<const float> of_epoch(ebm::Rng rng, int epoch) {
    const ebm::ConstSamplesRef<float> names(names_);
    ebm::EpochOrder(names_.rows(), true, rng, epoch).gather(ebm::RowsOf<float>(names), 0, order_);
    return {order_.data(), static_cast<std::size_t>(order_.size())};
  }

 private:
  ebm::Samples<float> names_, order_;
};

/// The number of an order of five among all of them.
std::size_t number_of(std::span<const float> order) {
  std::size_t number = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto rest = order.subspan(i);
    const auto less = std::ranges::count_if(rest, [&](float name) { return name < rest[0]; });
    number = number * rest.size() + static_cast<std::size_t>(less);
  }
  return number;
}

/// Orders of data: all orders of five samples, where one of 64 goes, and how many of 64 stay.
Outcome orders(Turn& turn) {
  constexpr int epochs = 20000, large = 64;
  struct Tally {
    Counts fives = Counts(120), places = Counts(large * large), fixed = Counts(large + 1);
    Tally& operator+=(const Tally& other) {
      fives += other.fives;
      places += other.places;
      fixed += other.fixed;
      return *this;
    }
  };
  const std::uint32_t seed = turn.seed();
  const auto tally = turn.gather(Tally(), [&](Tally& to, std::uint64_t number) {
    const ebm::Rng rng{seed + static_cast<std::uint32_t>(number)};
    Orders of_five(5), of_many(large);
    for (int epoch = 0; epoch < epochs; ++epoch) {
      ++to.fives[number_of(of_five.of_epoch(rng, epoch))];
      const auto order = of_many.of_epoch(rng, epoch);
      std::size_t fixed = 0;
      for (std::size_t i = 0; i < order.size(); ++i) {
        fixed += order[i] == static_cast<float>(i) ? 1u : 0u;
      }
      ++to.fixed[fixed];
      // One place of each order: what stands at others depends on it.
      const auto place = static_cast<std::size_t>(epoch % large);
      ++to.places[place * large + static_cast<std::size_t>(order[place])];
    }
  });
  // k of n stay with probability 1 / k! times the sum over j <= n - k of (-1)^j / j!.
  std::vector<double> fixed;
  for (int k = 0; k <= large; ++k) {
    double sum = 0;
    for (int j = 0; j <= large - k; ++j) sum += (j % 2 == 0 ? 1 : -1) / std::tgamma(j + 1.0);
    fixed.push_back(sum / std::tgamma(k + 1.0));
  }
  double places = 0;
  for (std::size_t place = 0; place < large; ++place) {
    double looks = 0;
    for (std::size_t i = 0; i < large; ++i) {
      looks += static_cast<double>(tally.places[place * large + i]);
    }
    for (std::size_t i = 0; i < large; ++i) {
      const double rest = static_cast<double>(tally.places[place * large + i]) - looks / large;
      places += rest * rest / (looks / large);
    }
  }
  std::vector<Test> tests{even_cells_test("all orders of five", tally.fives),
                          cells_test("how many of 64 stay", tally.fixed, fixed)};
  if (turn.chunks_done() * epochs / (large * large) >= static_cast<std::uint64_t>(least_expected)) {
    tests.push_back(chi_square_test("where each of 64 goes", places, large * (large - 1)));
  }
  return {.inputs = turn.chunks_done() * epochs * 2, .tests = std::move(tests)};
}

/// A replay buffer's choices: how many chains are fresh, and where the others start.
Outcome places(Turn& turn) {
  constexpr int batch = 128, capacity = 8192;
  constexpr std::uint64_t rounds = 2000;
  constexpr double fresh_share = 0.05;
  struct Tally {
    Counts fresh = Counts(batch + 1), slices = Counts(1024), pairs = Counts(32 * 32);
    Tally& operator+=(const Tally& other) {
      fresh += other.fresh;
      slices += other.slices;
      pairs += other.pairs;
      return *this;
    }
  };
  const ebm::Rng rng{turn.seed()};
  const auto tally = turn.gather(Tally(), [&](Tally& to, std::uint64_t number) {
    ebm::ReplayPlaces<> buffer(capacity, {.fresh = fresh_share});
    static_cast<void>(buffer.push(capacity));
    std::vector<int> before;
    for (std::uint64_t round = 0; round < rounds; ++round) {
      const auto starts = buffer.draw(batch, rng, number * rounds + round);
      const auto fresh = static_cast<std::size_t>(std::ranges::count(starts, -1));
      ++to.fresh[fresh];
      for (std::size_t i = fresh; i < starts.size(); ++i) {
        ++to.slices.at(static_cast<std::size_t>(starts[i] / 8));
      }
      // The last chain never is fresh here: it and that of the draw before.
      if (round % 2 == 1) {
        ++to.pairs.at(static_cast<std::size_t>(before.back() / 256 * 32 + starts.back() / 256));
      }
      before = starts;
    }
  });
  std::vector<double> fresh;
  for (int k = 0; k <= batch; ++k) {
    fresh.push_back(std::exp(std::lgamma(batch + 1) - std::lgamma(k + 1) -
                             std::lgamma(batch - k + 1) + k * std::log(fresh_share) +
                             (batch - k) * std::log1p(-fresh_share)));
  }
  return {.inputs = turn.chunks_done() * rounds * batch,
          .tests = {cells_test("fresh chains", tally.fresh, fresh),
                    even_cells_test("places", tally.slices),
                    even_cells_test("places of two draws", tally.pairs)}};
}

}  // namespace

std::vector<Row> choice_rows() {
  const char* part = "random numbers";
  return {{part, "orders of data", 2, orders}, {part, "places of a replay buffer", 2, places}};
}

}  // namespace statistics
