// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/error.hpp>
#include <ebm/kernels/langevin.hpp>
#include <ebm/loss/slopes.hpp>

namespace ebm {  // the same for every instruction set

/// Options of `SlicedScoreMatching`.
struct SlicedScoreMatchingOptions {
  int projections = 1;  ///< directions for each sample, >= 1
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

/// Directions: each element is 1 or -1; of all with independent elements, those whose estimate of a
/// trace varies least.
struct RademacherDirections {
  template <class T>
  static void draw(const ChainDraws<T>& draws, std::uint32_t step, int size, Pack<T>* v) {
    const Pack<T> one(T(1)), zero(T(0));
    for (int first = 0; first < size; first += 4) {
      const auto u = draws.uniform(step, static_cast<std::uint32_t>(first / 4));
      for (int i = first; i < std::min(first + 4, size); ++i) {
        v[i] = select(u[static_cast<std::size_t>(i - first)] < zero, -one, one);
      }
    }
  }
};

/// Directions: each element is standard normal.
struct NormalDirections {
  template <class T>
  static void draw(const ChainDraws<T>& draws, std::uint32_t step, int size, Pack<T>* v) {
    kernels::draw_normal(kernels::elements_of(v), size, draws, step);
  }
};

/// Squared slope of a sample: (v^T dE/dx)^2 along the direction v.
struct SquareAlongDirection {
  static constexpr bool is_exact = false;
};
/// Squared slope of a sample: |dE/dx|^2, the mean over all directions. It takes a gradient more and
/// varies less.
struct ExactSquare {
  static constexpr bool is_exact = true;
};

/// Sliced score matching: the mean over data and directions v of (v^T dE/dx)^2 / 2 - v^T H v, with
/// the matrix H of second derivatives of E; with `ExactSquare`, of |dE/dx|^2 / 2 - v^T H v.
///
/// In the mean over v it is `ScoreMatching`, at one pass on duals of duals for each direction,
/// whatever the number of features.
/// Source: Song, Garg, Shi, Ermon, "Sliced Score Matching", UAI 2019: SSM and, with `ExactSquare`,
/// SSM-VR. The estimate of the trace is Hutchinson's, 1990.
template <class Directions = RademacherDirections, class Square = ExactSquare>
class SlicedScoreMatching {
 public:
  static constexpr std::array<std::string_view, 1> part_names{"score_matching"};
  static constexpr bool wants_chains = false, wants_slopes = Square::is_exact,
                        wants_curvatures = true;

  /// Throws `InvalidArgument` unless projections is >= 1.
  explicit SlicedScoreMatching(const SlicedScoreMatchingOptions& options = {}) : options_(options) {
    require(options.projections >= 1, "SlicedScoreMatching: projections must be >= 1, got ",
            options.projections);
  }

  /// See `BlockLoss`.
  template <class E, class T>
  [[nodiscard]] BatchResult judge(const E& energy, const JudgedBlock<T>& block) const {
    using P = Pack<T>;
    constexpr int size = free_size<typename E::Input>;
    BatchResult result;
    double& loss = result.loss.total;
    if constexpr (Square::is_exact) {
      const auto at_x = block_slopes(energy, block.of_slopes->slopes, block.x);
      add_gradient_along(
          energy, block.of_slopes->directions, block.x, [&](int i) { return at_x.slopes[i]; },
          in_rows(block, block.share));
      loss += 0.5 * block.share * sum_of_rows(block, at_x.squares(size));
    }
    const double share = block.share / options_.projections;
    const P shares = in_rows(block, share);
    const ChainDraws<T> draws(block.draws.rng.stream(Purpose::projections), block.draws.first);
    block.tape.clear();
    P* const v = block.tape.allocate(size);
    for (int k = 0; k < options_.projections; ++k) {
      Directions::draw(draws, static_cast<std::uint32_t>(k), size, v);
      const auto along = add_gradient_along_twice(
          energy, *block.of_curvatures, block.x, [&](int i) { return v[i]; },
          [&](const auto& at) {
            return std::array{Square::is_exact ? P(T(0)) : at.slope * shares, -shares};
          });
      loss -= share * sum_of_rows(block, along.curvature);
      if (!Square::is_exact) loss += 0.5 * share * sum_of_rows(block, along.slope * along.slope);
      if (k == 0) result.score_of(block.role) = -block.share * sum_of_rows(block, along.energy);
    }
    result.loss.parts[0] = loss;
    return result;
  }

 private:
  SlicedScoreMatchingOptions options_;
};

static_assert(Loss<SlicedScoreMatching<>> &&
              Loss<SlicedScoreMatching<NormalDirections, SquareAlongDirection>, double>);

}  // namespace ebm::inline EBM_ABI
