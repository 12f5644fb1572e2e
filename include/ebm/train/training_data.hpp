// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/block.hpp>
#include <ebm/core/error.hpp>
#include <ebm/kernels/langevin.hpp>
#include <ebm/parallel/executor.hpp>
#include <ebm/random/stream.hpp>
#include <ebm/sampler/policies.hpp>
#include <numeric>
#include <utility>
#include <vector>

/// Data on their way into a training step.
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

/// The domain in which a transition keeps chains; all of space if it has none.
template <class T, class K>
[[nodiscard]] auto domain_of(const K& transition) {
  if constexpr (requires { transition.template domain<T>(); }) {
    return transition.template domain<T>();
  } else {
    return Unbounded<T>();
  }
}

/// Throws `InvalidArgument` that names the first sample of shape `S` with a feature outside of the
/// domain; its condition may be anywhere.
template <class S, class T, class Domain>
void require_in_domain(const char* function, const ConstSamplesRef<T>& samples,
                       const Domain& domain) {
  for (Eigen::Index row = 0; row < samples.rows(); ++row) {
    for (const T value : sample_of(samples, row).first(S::size - S::condition_size)) {
      require(domain.contains(value), function, ": sample ", row, " holds ", value,
              ", outside of the sampler's domain [", domain.low, ", ", domain.high, "]");
    }
  }
}

/// Adds normal noise to samples of shape `S`, not to their conditions, and keeps them in the
/// domain.
///
/// samples: [sample][feature]; row i gets the numbers of chain `first` + i of the stream `key`
template <class S, class T, class Domain, Executor X>
void add_noise(std::type_identity_t<SamplesRef<T>> samples, double deviation, const Domain& domain,
               std::uint64_t first, PhiloxKey key, X& executor,
               PerWorker<AlignedVector<Pack<T>>>& room) {
  room.prepare(executor);
  executor.for_each(block_count(samples.rows()), [&](int block, int worker) {
    room[worker].resize(S::size);
    Pack<T>* x = room[worker].data();
    load_block<S, T>(samples, block, x);
    const ChainDraws<T> draws(key, first + static_cast<std::uint64_t>(block) * lanes);
    kernels::advance_and_perturb(kernels::elements_of(x), 0, S::size - S::condition_size,
                                 kernels::Stay{}, static_cast<T>(deviation), draws, 0, domain);
    store_block<S>(x, block, samples);
  });
}

}  // namespace ebm::inline EBM_ABI
