// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/samples.hpp>
#include <ebm/random/stream.hpp>
#include <numeric>
#include <utility>
#include <vector>

namespace ebm::inline EBM_ABI {

/// The order in which an epoch takes its samples: of the file, or a permutation that the seed and
/// the epoch's number decide.
class EpochOrder {
 public:
  /// samples: < 2^32
  ///
  /// Source: Durstenfeld, "Algorithm 235: Random permutation", 1964.
  EpochOrder(Eigen::Index samples, bool shuffle, Rng rng, int epoch)
      : order_(static_cast<std::size_t>(samples)) {
    std::iota(order_.begin(), order_.end(), 0u);
    if (!shuffle) return;
    Sequence draws(rng.stream(Purpose::shuffle), static_cast<std::uint64_t>(epoch));
    for (auto i = static_cast<std::uint32_t>(samples); i > 1; --i) {
      std::swap(order_[i - 1], order_[draws.below(i)]);
    }
  }

  /// Copies batch `index` of the epoch, as many samples as `batch` has rows.
  template <class T>
  void gather(const ConstSamplesRef<T>& data, int index, Samples<T>& batch) const {
    const Eigen::Index first = index * batch.rows();
    for (Eigen::Index i = 0; i < batch.rows(); ++i) {
      copy_sample(data, order_[static_cast<std::size_t>(first + i)], batch, i);
    }
  }

 private:
  std::vector<std::uint32_t> order_;
};

}  // namespace ebm::inline EBM_ABI
