// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/optim/decay.hpp>
#include <ebm/optim/warm_up.hpp>
#include <numbers>
#include <vector>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/relative_error.hpp"

namespace {

using ebm::CosineDecay;
using ebm::LinearDecay;
using ebm::TrainingProgress;
using ebm::WarmUp;

/// The factors of the first iterations of a training of `iterations`.
template <ebm::Schedule S>
std::vector<double> first_factors(const S& schedule, int count, std::int64_t iterations) {
  std::vector<double> factors;
  for (int t = 0; t < count; ++t) {
    factors.push_back(schedule.factor({.iteration = t, .iterations = iterations}));
  }
  return factors;
}

}  // namespace

TEST_CASE("StepDecay multiplies by gamma after every period") {
  const ebm::StepDecay each;
  CHECK(each.factor({.epoch = 0}) == 1);
  CHECK(each.factor({.epoch = 1}) == Approx(0.97));
  CHECK(each.factor({.epoch = 59}) == Approx(std::pow(0.97, 59)));
  const ebm::StepDecay third({.period = 3, .gamma = 0.5});
  CHECK(third.factor({.epoch = 2}) == 1);
  CHECK(third.factor({.epoch = 3}) == 0.5);
  CHECK(third.factor({.epoch = 8}) == 0.25);
  CHECK(ebm::ConstantRate::factor({.epoch = 100}) == 1);
}

TEST_CASE("StepDecay refuses a period below 1 and a factor that is not above 0") {
  const auto message = [](const ebm::StepDecayOptions& options) {
    return message_of<ebm::InvalidArgument>([&] { ebm::StepDecay decay(options); });
  };
  CHECK(message({.period = 0}) == "StepDecay: period must be >= 1, got 0");
  CHECK(message({.gamma = 0}) == "StepDecay: gamma must be > 0 and finite, got 0");
  CHECK(message({.gamma = INFINITY}) == "StepDecay: gamma must be > 0 and finite, got inf");
}

TEST_CASE("CosineDecay has the factors of torch's CosineAnnealingLR and of its equation") {
  // PyTorch 1.13: CosineAnnealingLR(optimizer of rate 1, T_max=8, eta_min=0.1), a step an
  // iteration.
  const std::vector torch{1.0,  0.9657457896300791, 0.8681980515339464, 0.7222075445642905,
                          0.55, 0.3777924554357097, 0.2318019484660537, 0.134254210369921};
  CHECK(relative_error(first_factors(CosineDecay({.final_factor = 0.1}), 8, 8), torch) < 1e-14);
  const CosineDecay to_zero;
  for (const std::int64_t t : {0, 1, 12345, 50000, 99990}) {
    const double angle = std::numbers::pi * static_cast<double>(t) / 1e5;
    CHECK(to_zero.factor({.iteration = t, .iterations = 100000}) ==
          Approx((1 + std::cos(angle)) / 2).epsilon(1e-8));
  }
  // pi^2 / (4 n^2) in the last iteration: above 0, with all its digits.
  CHECK(to_zero.factor({.iteration = 99999, .iterations = 100000}) ==
        Approx(std::pow(std::numbers::pi / 2e5, 2)).epsilon(1e-9));
  CHECK(to_zero.factor({}) == 1);
}

TEST_CASE("LinearDecay has the factors of torch's LinearLR and of its equation") {
  // PyTorch 1.13: LinearLR(optimizer of rate 1, start_factor=1, end_factor=0.1, total_iters=8).
  const std::vector torch{1.0,    0.8875, 0.7749999999999999, 0.6625, 0.55,
                          0.4375, 0.325,  0.21249999999999997};
  CHECK(relative_error(first_factors(LinearDecay({.final_factor = 0.1}), 8, 8), torch) < 1e-14);
  CHECK(LinearDecay().factor({.iteration = 3, .iterations = 4}) == 0.25);
}

TEST_CASE("a warm-up before a cosine has the factors of torch's SequentialLR") {
  // PyTorch 1.13: SequentialLR([LinearLR(start_factor=1/4, end_factor=1, total_iters=3),
  // CosineAnnealingLR(T_max=8, eta_min=0.1)], milestones=[4]), a step an iteration.
  const std::vector torch{0.25, 0.5, 0.75, 1.0, 1.0, 0.9657457896300791, 0.8681980515339464};
  const WarmUp schedule({.iterations = 4}, CosineDecay({.final_factor = 0.1}));
  CHECK(relative_error(first_factors(schedule, 7, 12), torch) < 1e-14);
}

TEST_CASE(
    "a warm-up leaves epochs as they are, and an inner schedule never sees before its first") {
  const WarmUp decay({.iterations = 4}, ebm::StepDecay({.gamma = 0.5}));
  CHECK(decay.factor({.epoch = 1, .iteration = 2, .iterations = 10}) == 0.75 * 0.5);
  CHECK(decay.factor({.epoch = 2, .iteration = 4, .iterations = 10}) == 0.25);

  struct Recorder {
    std::vector<TrainingProgress>* seen;
    [[nodiscard]] double factor(const TrainingProgress& progress) const {
      seen->push_back(progress);
      return 1;
    }
  };
  std::vector<TrainingProgress> seen;
  const WarmUp longer_than_training({.iterations = 4}, Recorder{&seen});
  CHECK(first_factors(longer_than_training, 3, 3) == std::vector{0.25, 0.5, 0.75});
  for (const TrainingProgress& progress : seen) {
    CHECK(progress.iteration == 0);
    CHECK(progress.iterations == 1);
  }
}

TEST_CASE("a warm-up alone ends at the rate itself, and one of one iteration is none") {
  CHECK(first_factors(WarmUp({.iterations = 2}), 4, 100) == std::vector{0.5, 1.0, 1.0, 1.0});
  CHECK(first_factors(WarmUp({.iterations = 1}), 2, 100) == std::vector{1.0, 1.0});
}

TEST_CASE("decays and warm-ups refuse numbers outside of their range, with the value") {
  using ebm::InvalidArgument;
  CHECK(message_of<InvalidArgument>([] { CosineDecay({.final_factor = -0.5}); }) ==
        "CosineDecay: final_factor must be in [0, 1], got -0.5");
  CHECK(message_of<InvalidArgument>([] { LinearDecay({.final_factor = 2}); }) ==
        "LinearDecay: final_factor must be in [0, 1], got 2");
  CHECK(message_of<InvalidArgument>([] { LinearDecay({.final_factor = std::nan("")}); }) ==
        "LinearDecay: final_factor must be in [0, 1], got nan");
  CHECK(message_of<InvalidArgument>([] { WarmUp({.iterations = 0}); }) ==
        "WarmUp: iterations must be >= 1, got 0");
}
