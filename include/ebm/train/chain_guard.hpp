// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <ebm/core/samples.hpp>

/// What becomes of chains that explode, before a model is trained on them.
namespace ebm {  // the same for every instruction set

/// Options of `ReplaceLostChains`.
struct ReplaceLostChainsOptions {
  double bound = 100;  ///< of the size of a feature, > 0; a chain beyond it is lost
};

}  // namespace ebm

namespace ebm::inline EBM_ABI {

/// Guard: none. A chain that is not finite ends the training.
struct KeepAllChains {
  static constexpr bool replaces = false;

  template <class T>
  [[nodiscard]] static std::int64_t replace_lost(SamplesRef<T>, const ConstSamplesRef<T>&) {
    return 0;
  }
};

/// Guard: a chain with a feature that is beyond a bound, or not finite, is lost. It becomes the
/// data sample of its row: so its part of contrastive divergence is zero, and it starts anew from
/// there.
///
/// An iteration's report says how many were lost.
class ReplaceLostChains {
 public:
  static constexpr bool replaces = true;

  /// Throws `InvalidArgument` unless bound is > 0.
  explicit ReplaceLostChains(const ReplaceLostChainsOptions& options = {}) : options_(options) {
    require(options.bound > 0, "ReplaceLostChains: bound must be > 0, got ", options.bound);
  }

  /// Returns how many chains it replaced.
  ///
  /// chains, data: [row][feature], as many rows
  template <class T>
  [[nodiscard]] std::int64_t replace_lost(SamplesRef<T> chains,
                                          const ConstSamplesRef<T>& data) const {
    std::int64_t lost = 0;
    for (Eigen::Index row = 0; row < chains.rows(); ++row) {
      if (is_kept(sample_of(chains, row))) continue;
      copy_sample(data, row, chains, row);
      ++lost;
    }
    return lost;
  }

 private:
  template <class T>
  [[nodiscard]] bool is_kept(std::span<T> chain) const {
    const T bound = static_cast<T>(options_.bound);
    for (const T value : chain) {
      if (!(std::abs(value) <= bound) || !std::isfinite(value)) return false;
    }
    return true;
  }

  ReplaceLostChainsOptions options_;
};

/// Satisfied by the `chain_guard` of a recipe: `replace_lost(chains, data)` replaces chains, row by
/// row, and returns how many; `replaces` says whether it ever does.
template <class G, class T = float>
concept ChainGuard =
    requires(const G& guard, SamplesRef<T> chains, const ConstSamplesRef<T>& data) {
      { G::replaces } -> std::convertible_to<bool>;
      { guard.replace_lost(chains, data) } -> std::same_as<std::int64_t>;
    };

static_assert(ChainGuard<KeepAllChains> && ChainGuard<ReplaceLostChains, double>);

}  // namespace ebm::inline EBM_ABI
