// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ebm/ebm.hpp>

using namespace ebm;

/// A transition of one's own: random-walk Metropolis, which asks for no gradient.
///
/// Source: Metropolis et al., "Equation of State Calculations by Fast Computing Machines", 1953.
struct RandomWalk {
  double deviation = 1;  ///< of a proposal, > 0

  template <class T>
  void require_options_fit() const {
    require(static_cast<T>(deviation) > 0, "RandomWalk: deviation must be > 0, got ", deviation);
  }

  /// Moves a block of 16 chains of shape `S`.
  template <class S, class T>
  class Walk {
   public:
    static constexpr int room = S::size;  // for the proposal

    Walk(const RandomWalk& walk, const ChainBlock<S, T>& block)
        : block_(block),
          deviation_(static_cast<T>(walk.deviation)),
          noise_(block.draws(Purpose::chain_noise)),
          chance_(block.draws(Purpose::acceptance)) {}

    template <class E>
    void step(const E& energy, int step, bool) {
      const auto number = static_cast<std::uint32_t>(step);
      if (step == 0) energy_ = block_.evaluate(energy, block_.x).energy;
      Pack<T>* const proposal = block_.room;
      kernels::draw_normal(kernels::elements_of(proposal), S::size, noise_, number);
      block_.held.clear(proposal);
      for (int i = 0; i < S::size; ++i) proposal[i] = fma(deviation_, proposal[i], block_.x[i]);
      const Pack<T> there = block_.evaluate(energy, proposal).energy;
      const auto u = uniform_open<T>(chance_.words(number, 0)[0]);
      const auto is_accepted = log(u) < energy_ - there;
      for (int i = 0; i < S::size; ++i) {
        block_.x[i] = select(is_accepted, proposal[i], block_.x[i]);
      }
      energy_ = select(is_accepted, there, energy_);
    }

    [[nodiscard]] ChainReport report(int) const { return {}; }

   private:
    const ChainBlock<S, T>& block_;
    Pack<T> deviation_;
    ChainDraws<T> noise_, chance_;
    Pack<T> energy_;
  };
};

static_assert(Transition<RandomWalk> && Transition<RandomWalk, double>);

int main() {
  const Samples<double> start = Samples<double>::Zero(10000, 1);
  const auto x = chain_ends(RandomWalk{2}, Gaussian<1>({3}, {1}), start, {.steps = 200});
  const double mean = x.mean(), variance = (x.array() - mean).square().mean();
  std::printf("mean %.3f of 3, variance %.3f of 1\n", mean, variance);
  return std::abs(mean - 3) < 0.06 && std::abs(variance - 1) < 0.08 ? 0 : 1;
}
