// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <concepts>
#include <ebm/core/block.hpp>
#include <ebm/core/error.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/kernels/langevin.hpp>
#include <ebm/loss/loss.hpp>
#include <ebm/parallel/executor.hpp>
#include <ebm/random/stream.hpp>
#include <ebm/sampler/policies.hpp>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

/// Data on their way into a training step.
namespace ebm::inline EBM_ABI {

/// Satisfied by data that give their samples one by one, in whatever form they keep them.
///
/// `rows()` is the number of samples, `cols()` that of the features of each;
/// `copy_sample(index, sample)` writes a sample's features, the same whenever it is asked.
template <class D, class T = float>
concept Dataset = requires(const D& data, Eigen::Index index, std::span<T> sample) {
  { data.rows() } -> std::convertible_to<Eigen::Index>;
  { data.cols() } -> std::convertible_to<Eigen::Index>;
  data.copy_sample(index, sample);
};

/// Dataset: the rows of a matrix that lives elsewhere.
template <class T>
class RowsOf {
 public:
  /// samples: [sample][feature]; outlives the data set
  explicit RowsOf(const ConstSamplesRef<T>& samples) : samples_(&samples) {}

  [[nodiscard]] Eigen::Index rows() const noexcept { return samples_->rows(); }
  [[nodiscard]] Eigen::Index cols() const noexcept { return samples_->cols(); }
  void copy_sample(Eigen::Index index, std::span<T> sample) const {
    std::ranges::copy(sample_of(*samples_, index), sample.begin());
  }

 private:
  const ConstSamplesRef<T>* samples_;
};

static_assert(Dataset<RowsOf<float>>);

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
  template <class T, Dataset<T> D>
  void gather(const D& data, int index, Samples<T>& batch) const {
    const Eigen::Index first = index * batch.rows();
    for (Eigen::Index i = 0; i < batch.rows(); ++i) {
      data.copy_sample(order_[static_cast<std::size_t>(first + i)], sample_of(batch, i));
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

/// The domain of a recipe's data: that of its sampler, since chains are compared with data; all of
/// space where its loss wants no chains.
template <class T, class RecipeType>
[[nodiscard]] auto domain_of_data(const RecipeType& recipe) {
  if constexpr (wants_chains<decltype(RecipeType::loss)>()) {
    return domain_of<T>(recipe.sampler);
  } else {
    return Unbounded<T>();
  }
}

/// Throws `InvalidArgument` unless all samples are finite, of shape `S`, and in the domain but for
/// their conditions, which may be anywhere; names the first that is not.
template <class S, class T, Dataset<T> D, class Domain>
void require_trainable(const char* function, const D& data, const Domain& domain) {
  detail::require_feature_count(function, data.cols(), S::size);
  std::vector<T> sample(std::size_t{S::size});
  for (Eigen::Index row = 0; row < data.rows(); ++row) {
    data.copy_sample(row, sample);
    require_finite_sample<T>(function, row, sample);
    for (const T value : std::span(sample).first(free_size<S>)) {
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
    kernels::advance_and_perturb(kernels::elements_of(x), 0, free_size<S>, kernels::Stay{},
                                 static_cast<T>(deviation), draws, 0, domain);
    store_block<S>(x, block, samples);
  });
}

}  // namespace ebm::inline EBM_ABI
