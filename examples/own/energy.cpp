// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdio>
#include <ebm/ebm.hpp>

using namespace ebm;

/// An energy of one's own, whose rows differ: row i of a batch is an hour, and
/// E(x) = (x - sin(2 pi i / 24))^2 / (2 s^2), the level of a tide.
class Tide {
 public:
  using Input = Shape<1>;

  explicit Tide(double deviation) : deviation_(deviation) {}

  /// The energy of a block of rows, a lane each.
  template <class T>
  class Hours {
   public:
    using Input = Shape<1>;

    Hours(const Tide& tide, Eigen::Index first)
        : precision_(static_cast<T>(1 / (tide.deviation_ * tide.deviation_))) {
      alignas(Pack<T>) T level[lanes];
      for (int lane = 0; lane < lanes; ++lane) {
        level[lane] = static_cast<T>(std::sin(static_cast<double>(first + lane) * 0.2617993878));
      }
      level_ = Pack<T>::load(level);
    }

    /// Records the value, and how an adjoint goes back: dE/dx = precision (x - level).
    template <class Tape, bool Active>
    auto operator()(const Var<Tape, Input, Active>& x) const {
      using P = typename Tape::PackType;
      const P difference = x.data()[0] - level_, precision(precision_);
      return record<Active>(*x.tape(), difference * difference * precision * P(T(0.5)),
                            [=](const P& dy) { x[0].add_adjoint(precision * difference * dy); });
    }

   private:
    T precision_;
    Pack<T> level_;
  };

  /// What is evaluated for the rows [first, first + count).
  template <class T>
  [[nodiscard]] Hours<T> at_block(Eigen::Index first, int) const {
    return {*this, first};
  }

 private:
  double deviation_;
};

static_assert(Energy<Tide> && Energy<Tide, double>);

int main() {
  const Tide energy(0.1);
  Samples<double> x = Samples<double>::Zero(24, 1);
  double mean_of_six = 0;
  constexpr int steps = 4000, warm = 100;  // of these the first are left out
  run_chains(
      Mala({.step_size = 0.005}), energy, x,
      {.steps = steps, .every = 1, .observe = [&](int step, Eigen::Index first, const auto& s) {
         if (step > warm && first == 0) mean_of_six += s(6, 0) / (steps - warm);
       }});
  std::printf("mean at hour 6, where the tide is 1: %.3f\n", mean_of_six);
  return std::abs(mean_of_six - 1) < 0.02 ? 0 : 1;
}
