// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/energy/evaluate.hpp>
#include <ebm/energy/finite_parameters.hpp>
#include <span>
#include <utility>

namespace ebm::inline EBM_ABI {

/// Scores f(x) = -E(x) of samples as they come, one by one or a few at a time: after the first call
/// it takes no memory. The numbers are those of `scores`.
///
/// A sample alone takes as long as 16. One thread uses a scorer at a time; several may have one
/// each for the same energy.
template <class E, class T = typename E::value_type>
  requires Energy<E, T>
class Scorer {
 public:
  /// The energy stays the caller's, who may change its parameters between calls.
  explicit Scorer(const E& energy) : energy_(&energy) {}
  explicit Scorer(const E&&) = delete;  // it would be gone

  /// The score of a sample, [feature].
  ///
  /// Throws `InvalidArgument` if the number of features is another, or a value or a parameter of
  /// the energy is not finite.
  [[nodiscard]] T operator()(std::span<const T> sample) {
    T score;
    (*this)(
        Eigen::Map<const Samples<T>>(sample.data(), 1, static_cast<Eigen::Index>(sample.size())),
        std::span(&score, 1));
    return score;
  }

  /// The scores of samples, [sample][feature], into as many places.
  ///
  /// Throws `InvalidArgument` as above, and for another number of places.
  void operator()(const ConstSamplesRef<T>& samples, std::span<T> scores) {
    require_samples<T>("Scorer", samples, E::Input::size);
    require_finite_parameters("Scorer", *energy_);
    require(std::cmp_equal(samples.rows(), scores.size()), "Scorer: got ", samples.rows(),
            " samples and room for ", scores.size(), " scores");
    for (int index = 0; index < block_count(samples.rows()); ++index) {
      const Pack<T> energies = detail::block_energies(*energy_, samples, index, tape_);
      const std::size_t first = static_cast<std::size_t>(index) * std::size_t{lanes};
      for (int lane = 0; lane < block_fill(samples.rows(), index); ++lane) {
        scores[first + static_cast<std::size_t>(lane)] = -energies.lane(lane);
      }
    }
    tape_.clear();  // which joins its memory, now and not in the next call
  }

 private:
  const E* energy_;
  Tape<T, Wrt::nothing> tape_;
};

}  // namespace ebm::inline EBM_ABI
