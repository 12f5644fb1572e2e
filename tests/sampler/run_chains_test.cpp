// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/energy/combine.hpp>
#include <ebm/energy/likelihood.hpp>
#include <ebm/parallel/threads.hpp>
#include <ebm/sampler/hmc.hpp>
#include <ebm/sampler/langevin.hpp>
#include <ebm/sampler/run_chains.hpp>
#include <limits>
#include <mutex>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/mixing_energy.hpp"
#include "support/random_samples.hpp"
#include "support/tutorial_golden.hpp"

namespace {

using ebm::chain_ends;
using ebm::chain_trace;
using ebm::Hmc;
using ebm::Langevin;
using ebm::Rng;
using ebm::run_chains;
using ebm::Samples;
using ebm::Serial;
using ebm::UnboundedLangevin;
using ebm::Workspace;
using Eigen::Index;

const Langevin<> langevin({.step_size = 0.1, .noise = 0.1});
const Hmc hmc({.step_size = 0.2, .leapfrog_steps = 3});

/// The workers of a team take turns, so that each of them has had a block.
struct RoundRobin {
  int team;
  [[nodiscard]] int workers() const { return team; }
  template <class F>
  void for_each(int n, F&& f) const {
    for (int index = 0; index < n; ++index) f(index, index % team);
  }
};

struct WithoutWalk {
  template <class T>
  void require_options_fit() const {}
};

struct StepsWithoutEnergy {
  template <class T>
  void require_options_fit() const {}
  template <class S, class T>
  struct Walk {
    static constexpr int room = 0;
    Walk(const StepsWithoutEnergy&, const ebm::ChainBlock<S, T>&) {}
    void step(int, bool);
    [[nodiscard]] ebm::ChainReport report(int) const;
  };
};

/// Images of two channels, so that the features' order is not that of the memory.
auto image_energy() {
  return ebm::expression<ebm::Shape<2, 3, 5>>([](const auto& x) {
    auto sum = ebm::square(x(0, 0, 0));
    for (int i = 1; i < 30; ++i) {
      const auto pixel = x(i / 15, i / 5 % 3, i % 5);
      const auto last = x((i - 1) / 15, (i - 1) / 5 % 3, (i - 1) % 5);
      sum = sum + ebm::square(pixel - 0.5f * last);
    }
    return sum;
  });
}

}  // namespace

TEST_CASE("a transition has a walk that steps along an energy") {
  STATIC_REQUIRE(ebm::Transition<Langevin<>>);
  STATIC_REQUIRE(ebm::Transition<Hmc, double>);
  STATIC_REQUIRE_FALSE(ebm::Transition<WithoutWalk>);
  STATIC_REQUIRE_FALSE(ebm::Transition<StepsWithoutEnergy>);
}

TEST_CASE("a chain's samples depend on its id alone: not on batch, place, neighbours or threads") {
  const auto check = [](const auto& transition, const auto& energy, const Samples<float>& start) {
    const auto ends = [&](const auto& from, std::uint64_t first, std::uint32_t seed = 8) {
      return chain_ends(transition, energy, from,
                        {.steps = 4, .rng = Rng{seed}, .first_chain = first});
    };
    const Samples<float> reference = ends(start, 100);
    for (const Index size : {1, 15, 16, 17, 33}) {
      CHECK(ends(start.topRows(size), 100) == reference.topRows(size));
    }
    // Other places in a block, without the neighbours before them.
    for (const Index first : {1, 5, 16, 31}) {
      CHECK(ends(start.middleRows(first, 2), 100 + static_cast<std::uint64_t>(first)) ==
            reference.middleRows(first, 2));
    }
    for (const int count : {1, 2, 3}) {
      ebm::Threads threads(count);
      Samples<float> chains = start;
      run_chains(transition, energy, chains, {.steps = 4, .rng = Rng{8}, .first_chain = 100},
                 threads);
      CHECK(chains == reference);
    }
    CHECK(ends(start, 100, 9) != reference);
    CHECK(ends(start, 101) != reference);
  };
  check(langevin, mixing_energy(), mixing_start(33));
  check(hmc, mixing_energy(), mixing_start(33));
  check(langevin, tutorial_energy<float>(), random_samples<float>(33, 784, 1));
}

TEST_CASE("a trace holds the states that shorter runs end with") {
  const auto check = [](const auto& transition) {
    const auto energy = mixing_energy();
    const auto trace =
        chain_trace(transition, energy, mixing_start(20), {.steps = 7, .rng = Rng{2}, .every = 3});
    REQUIRE(trace.size() == 2);
    for (const int steps : {3, 6}) {
      CHECK(trace[static_cast<std::size_t>(steps / 3 - 1)] ==
            chain_ends(transition, energy, mixing_start(20), {.steps = steps, .rng = Rng{2}}));
    }
  };
  check(langevin);
  check(hmc);
}

TEST_CASE("looking at chains does not change where they go") {
  const auto energy = mixing_energy();
  Samples<float> chains = mixing_start(40);
  std::mutex mutex;
  Index rows_seen = 0;
  ebm::Threads threads(2);
  run_chains(langevin, energy, chains,
             {.steps = 7,
              .every = 2,
              .observe =
                  [&](int steps_done, Index first, const ebm::ConstSamplesRef<float>& states) {
                    const std::scoped_lock lock(mutex);
                    CHECK(steps_done % 2 == 0);
                    CHECK(first % 16 == 0);
                    rows_seen += states.rows();
                  }},
             threads);
  CHECK(rows_seen == 3 * 40);
  CHECK(chains == chain_ends(langevin, energy, mixing_start(40), {.steps = 7}));
}

TEST_CASE("held elements stay bit by bit, and the others see them there") {
  const auto check = [](const auto& transition) {
    const auto energy = image_energy();
    ebm::ElementMask held(20, 30);
    for (Index i = 0; i < held.size(); ++i) held.data()[i] = i % 7 < 3;
    const auto run = [&](const ebm::ElementMask& mask, auto&& executor) {
      return chain_ends(transition, energy, mixing_start(20),
                        {.steps = 5, .rng = Rng{4}, .first_chain = 3, .hold = &mask}, executor);
    };
    const auto end = run(held, Serial());
    for (Index i = 0; i < held.size(); ++i) {
      CHECK((end.data()[i] == mixing_start(20).data()[i]) == held.data()[i]);
    }
    CHECK(run(held, ebm::Threads(3)) == end);
    CHECK(run(ebm::ElementMask::Constant(20, 30, true), Serial()) == mixing_start(20));
    CHECK(run(ebm::ElementMask::Constant(20, 30, false), Serial()) ==
          chain_ends(transition, energy, mixing_start(20),
                     {.steps = 5, .rng = Rng{4}, .first_chain = 3}));
  };
  check(langevin);
  check(Hmc({.step_size = 0.05, .leapfrog_steps = 3}));  // accepts at least once in each chain
}

TEST_CASE("elements beside held ones follow the Gaussian that is conditional on those") {
  // E = (x0^2 + x1^2 - 2 r x0 x1) / (2 (1 - r^2)): given x1 = c, x0 is normal with mean r c and
  // precision p = 1 / (1 - r^2). The discretised chain has that mean, and the variance
  // a^2 noise^2 / (1 - a^2) with a = 1 - step_size p; Hmc has the variance 1 / p.
  constexpr double r = 0.8, c = 1.5, precision = 1 / (1 - r * r), step_size = 0.05, noise = 0.3;
  const auto energy = ebm::expression<ebm::Shape<2>>([](const auto& x) {
    return (ebm::square(x[0]) + ebm::square(x[1]) - x[0] * x[1] * (2 * r)) * (precision / 2);
  });
  const Index count = 20000;
  ebm::ElementMask held(count, 2);
  held.col(0).setConstant(false);
  held.col(1).setConstant(true);
  const auto check = [&](const auto& transition, int steps, double expected) {
    Samples<double> chains(count, 2);
    chains.col(0).setConstant(-1);
    chains.col(1).setConstant(c);
    run_chains(transition, energy, chains, {.steps = steps, .rng = Rng{11}, .hold = &held});
    CHECK((chains.col(1).array() == c).all());
    const double n = static_cast<double>(count);
    const double mean = chains.col(0).mean();
    const double variance = (chains.col(0).array() - mean).square().sum() / (n - 1);
    CHECK(std::abs(mean - r * c) < z_bound * std::sqrt(expected / n));
    CHECK(std::abs(variance / expected - 1) < z_bound * std::sqrt(2 / n));
  };
  const double a = 1 - step_size * precision;
  check(UnboundedLangevin({.step_size = step_size, .noise = noise}), 200,
        noise * noise / (1 - a * a));
  check(Hmc({.step_size = 0.4, .leapfrog_steps = 3}), 60, 1 / precision);
}

TEST_CASE("each row has the energy of its own observation") {
  using Pixel = ebm::Shape<1>;
  Samples<double> observed(40, 1);
  for (Index i = 0; i < 40; ++i) observed(i, 0) = 0.01 * static_cast<double>(i);
  const auto energy =
      0.5 * ebm::GaussianLikelihood<Pixel>(observed, 0.5) + ebm::Gaussian<1>({0.0}, {1.0});
  const UnboundedLangevin descent({.step_size = 0.2, .noise = 0});
  for (const int count : {1, 3}) {
    ebm::Threads threads(count);
    const auto ends =
        chain_ends(descent, energy, Samples<double>::Zero(40, 1), {.steps = 200}, threads);
    // The minimum of (x - y)^2 / (4 d^2) + x^2 / 2 with d = 0.5 is y / (1 + 2 d^2).
    CHECK((ends - observed / 1.5).cwiseAbs().maxCoeff() < 1e-12);
  }
  CHECK(message_of<ebm::InvalidArgument>([&] {
          (void)chain_ends(descent, energy, Samples<double>::Zero(41, 1), {.steps = 1});
        }) == "GaussianLikelihood: there are 40 observations for 41 or more samples");
}

TEST_CASE("no steps leave the chains as they are, and no chains are no work") {
  const auto energy = mixing_energy();
  CHECK(chain_ends(langevin, energy, mixing_start(5), {.steps = 0}) == mixing_start(5));
  CHECK(chain_ends(hmc, energy, mixing_start(5), {.steps = 0}) == mixing_start(5));
  CHECK(chain_ends(langevin, energy, mixing_start(0)).rows() == 0);
  Samples<float> none(0, 30);
  CHECK(run_chains(hmc, energy, none) == ebm::ChainReport{});
}

TEST_CASE("a run reports what all chains did, whatever the threads") {
  const auto energy = mixing_energy();
  for (const int count : {1, 3}) {
    ebm::Threads threads(count);
    Samples<float> chains = mixing_start(37);
    CHECK(run_chains(langevin, energy, chains, {.steps = 4}, threads) ==
          ebm::ChainReport{.gradient_evaluations = 4 * 37});
    const auto report = run_chains(hmc, energy, chains, {.steps = 4}, threads);
    CHECK(report.gradient_evaluations == (4 * 3 + 1) * 37);
    CHECK(report.proposals == 4 * 37);
    CHECK(report.accepted > 0);
    CHECK(report.acceptance() == static_cast<double>(report.accepted) / (4 * 37));
  }
  CHECK(ebm::ChainReport{}.acceptance() == 1);
}

TEST_CASE("a warm run allocates nothing, on one thread or several") {
  const auto energy = tutorial_energy<float>();
  Workspace<float> workspace;
  Samples<float> chains = Samples<float>::Zero(40, 784);
  const ebm::ElementMask held = ebm::ElementMask::Constant(40, 784, true);
  const auto allocations_of = [&](auto& executor) {
    const auto before = allocation_count();
    run_chains(langevin, energy, chains, {.steps = 2}, executor, workspace);
    run_chains(langevin, energy, chains, {.steps = 2, .hold = &held}, executor, workspace);
    run_chains(hmc, energy, chains, {.steps = 2}, executor, workspace);
    return allocation_count() - before;
  };
  RoundRobin warm_up{2};
  CHECK(allocations_of(warm_up) > 0);
  Serial serial;
  CHECK(allocations_of(serial) == 0);
  ebm::Threads threads(2);
  CHECK(allocations_of(threads) == 0);
}

TEST_CASE("what doesn't fit is refused with a sentence") {
  const auto energy = mixing_energy();
  const auto message = [&](const Samples<float>& start, const ebm::ChainRun<float>& run = {}) {
    return message_of<ebm::InvalidArgument>(
        [&] { return chain_ends(langevin, energy, start, run); });
  };
  CHECK(message(Samples<float>(3, 7)) ==
        "run_chains: the energy expects 30 features a sample, got 7");
  Samples<float> broken = mixing_start(3);
  broken(1, 4) = std::numeric_limits<float>::quiet_NaN();
  CHECK(message(broken) == "run_chains: sample 1 holds a value that is not finite");
  CHECK(message(mixing_start(3), {.steps = -1}) == "run_chains: steps must be >= 0, got -1");
  CHECK(message(mixing_start(3), {.every = -1}) == "run_chains: every must be >= 0, got -1");
  const ebm::ElementMask mask(2, 30);
  CHECK(message(mixing_start(3), {.hold = &mask}) ==
        "run_chains: 3 chains of 30 features expect a mask of that size, got 2x30");
  CHECK(message_of<ebm::InvalidArgument>([&] {
          return chain_trace(langevin, energy, mixing_start(3), {});
        }) == "chain_trace: every must be >= 1, got 0");
}

TEST_CASE("a chain that does not stay finite is named, with its step") {
  const auto quartic =
      ebm::expression<ebm::Shape<1>>([](const auto& x) { return ebm::square(ebm::square(x[0])); });
  // Without noise x <- x - 2 x^3: from 3 it leaves the doubles in the 6th step, 17 chains stay at
  // 0.
  Samples<double> start = Samples<double>::Zero(20, 1);
  start.bottomRows(3).setConstant(3);
  const Langevin<ebm::NoNoise, ebm::NoClip, ebm::Unbounded> descent({.step_size = 0.5});
  const auto message = [&](const Samples<double>& from, ebm::ChainRun<double> run) {
    ebm::Threads threads(2);
    return message_of<ebm::Error>([&] { return chain_ends(descent, quartic, from, run, threads); });
  };
  const std::string why = ": the steps are too large, or the energy has no value there";
  CHECK(message(start, {.steps = 100}) ==
        "run_chains: chain 17 is not finite after step 6 of 100" + why);
  CHECK(message(start, {.steps = 6}) ==
        "run_chains: chain 17 is not finite after step 6 of 6" + why);
  CHECK_NOTHROW(chain_ends(descent, quartic, start, {.steps = 5}));
  // Lanes of a block that hold no chain repeat the last one, and are nobody's concern.
  CHECK_NOTHROW(chain_ends(descent, quartic, start.topRows(17), {.steps = 100}));

  const auto as_they_are =
      chain_ends(descent, quartic, start, {.steps = 100, .require_finite = false});
  CHECK(as_they_are.topRows(17).isZero(0));
  CHECK_FALSE(as_they_are.bottomRows(3).array().isFinite().any());

  // The states of others are seen once, though steps are made again.
  int seen = 0;
  const ebm::ChainRun<double> run{
      .steps = 10, .every = 1, .observe = [&](int, Index, const auto&) { ++seen; }};
  CHECK_THROWS_AS(chain_ends(descent, quartic, start.bottomRows(2), run), ebm::Error);
  CHECK(seen == 10);
}

TEST_CASE("an energy without a value where noise leads ends a run with the chain's name") {
  const auto logarithm = ebm::expression<ebm::Shape<1>>([](const auto& x) { return -log(x[0]); });
  const Langevin<> noisy({.step_size = 1e-4, .noise = 0.2, .gradient_clip = 0.03});
  const std::string message = message_of<ebm::Error>([&] {
    return chain_ends(noisy, logarithm, Samples<float>::Constant(100, 1, 0.2f), {.steps = 100});
  });
  CHECK(message.starts_with("run_chains: chain "));
  CHECK(message.find(" is not finite after step ") != message.npos);
}
