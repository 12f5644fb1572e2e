// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <ebm/core/samples.hpp>
#include <ebm/core/state.hpp>
#include <ebm/random/stream.hpp>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace ebm {  // the same for every instruction set

/// Where uniform noise lies: in [low, high).
struct NoiseRange {
  double low = -1, high = 1;
};

/// Options of a replay buffer.
struct ReplayBufferOptions {
  int capacity = 8192;  ///< samples kept, >= 1
  double fresh = 0.05;  ///< share of chains that start as noise, in [0, 1]
  /// Fresh chains are uniform in [low, high). What is not given is an end of the domain of the
  /// recipe's sampler; without a sampler with a domain, -1 and 1.
  std::optional<double> low{}, high{};
};

}  // namespace ebm

/// Where chains start: the ends of earlier chains, and now and then fresh noise.
namespace ebm::inline EBM_ABI {

/// The number of a draw that comes before those of all iterations.
inline constexpr std::uint64_t before_any_iteration = ~std::uint64_t{0};

namespace detail {

/// Where starts with these bounds, if they are given, have their noise.
inline NoiseRange noise_range(std::optional<double> low, std::optional<double> high) {
  return {low.value_or(-1), high.value_or(1)};
}

/// The same; throws `InvalidArgument` unless low < high, both finite in `T`.
template <class T>
NoiseRange checked_noise_range(const char* whose, std::optional<double> low,
                               std::optional<double> high) {
  const NoiseRange range = noise_range(low, high);
  const T from = static_cast<T>(range.low), to = static_cast<T>(range.high);
  require(from < to && std::isfinite(to - from), whose,
          ": low must be below high, both finite, got ", range.low, " and ", range.high);
  return range;
}

/// Makes the features of one chain uniform in [low, high): the noise of chain `chain` of draw
/// number `draw`.
template <class T>
void fill_with_noise(std::span<T> features, Rng rng, std::uint64_t draw, std::uint32_t chain,
                     double low, double high) {
  Sequence draws(rng.stream(Purpose::fresh_chains), draw, chain);
  for (T& value : features) value = uniform_between<T>(draws(), low, high);
}

}  // namespace detail

/// Makes chains noise, uniform in [low, high): row i depends on the seed, the draw's number and i.
///
/// chains: [chain][feature], overwritten; low < high
template <class T>
void fill_with_noise(SamplesRef<T> chains, Rng rng, std::uint64_t draw = 0, double low = -1,
                     double high = 1) {
  for (Eigen::Index i = 0; i < chains.rows(); ++i) {
    detail::fill_with_noise(sample_of(chains, i), rng, draw, static_cast<std::uint32_t>(i), low,
                            high);
  }
}

/// Gives the first `count` chains the conditions of the data, the last `conditions` features.
template <class T>
void copy_conditions(const ConstSamplesRef<T>& data, SamplesRef<T> chains, Eigen::Index count,
                     int conditions) {
  const auto size = static_cast<std::size_t>(conditions);
  for (Eigen::Index i = 0; conditions > 0 && i < count; ++i) {
    const auto from = sample_of(data, i).last(size);
    const auto to = sample_of(chains, i).last(size);
    std::copy(from.begin(), from.end(), to.begin());
  }
}

/// Refill: each chain of a batch starts fresh with probability `fresh`, so their number is
/// Binomial(batch, fresh); the others are drawn from the buffer with replacement.
///
/// Source: Du & Mordatch 2019, section 3.2.
struct BinomialRefill {
  double fresh = 0.05;  ///< in [0, 1]

  /// How many of `batch` chains start fresh.
  [[nodiscard]] int fresh_chains(int batch, Sequence& draws) const {
    int count = 0;
    for (int i = 0; i < batch; ++i) count += draws.uniform() < fresh ? 1 : 0;
    return count;
  }
};

/// Eviction: what comes in goes to the front; at capacity the oldest drops out.
struct DropOldest {
  /// The slot of the `index`-th newest sample, when `head` is the slot of the newest.
  static Eigen::Index slot(Eigen::Index head, Eigen::Index index, Eigen::Index capacity) {
    return (head + index) % capacity;
  }
  /// The head after one more sample has come in.
  static Eigen::Index next_head(Eigen::Index head, Eigen::Index capacity) {
    return (head + capacity - 1) % capacity;
  }
};

/// Which places of a replay buffer hold what: its choices, without its samples.
template <class Refill = BinomialRefill, class Eviction = DropOldest>
class ReplayPlaces {
 public:
  using Index = Eigen::Index;

  ReplayPlaces(Index capacity, const Refill& refill) : capacity_(capacity), refill_(refill) {}

  [[nodiscard]] Index size() const noexcept { return size_; }
  [[nodiscard]] Index capacity() const noexcept { return capacity_; }

  /// Where the `index`-th newest sample is.
  [[nodiscard]] Index operator[](Index index) const {
    return Eviction::slot(head_, index, capacity_);
  }

  /// Where each of `batch` chains of draw number `draw` starts: -1 for fresh noise, which comes
  /// first. An empty buffer gives fresh chains only.
  [[nodiscard]] std::vector<int> draw(int batch, Rng rng, std::uint64_t draw) const {
    Sequence choice(rng.stream(Purpose::refill), draw);
    const int fresh = size_ == 0 ? batch : refill_.fresh_chains(batch, choice);
    std::vector<int> places(static_cast<std::size_t>(batch), -1);
    for (int& place : std::span(places).subspan(static_cast<std::size_t>(fresh))) {
      place = static_cast<int>((*this)[choice.below(static_cast<std::uint32_t>(size_))]);
    }
    return places;
  }

  /// Where each of `count` samples goes that come in front, the first foremost; the oldest drop
  /// out. -1 for those that don't fit after the others.
  std::vector<int> push(Index count) {
    std::vector<int> places(static_cast<std::size_t>(count), -1);
    for (Index i = count - 1; i >= 0; --i) {
      head_ = Eviction::next_head(head_, capacity_);
      if (i < capacity_) places[static_cast<std::size_t>(i)] = static_cast<int>(head_);
    }
    size_ = std::min(size_ + count, capacity_);
    return places;
  }

 private:
  Index capacity_;
  Refill refill_;
  Index head_ = 0;
  Index size_ = 0;
};

/// The samples that chains ended with, for later chains to start from.
template <class T = float, class Refill = BinomialRefill, class Eviction = DropOldest>
class ReplayBuffer {
 public:
  /// An empty buffer for samples of `features` numbers, of which the last `conditions` are given.
  ///
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit ReplayBuffer(int features, const ReplayBufferOptions& options = {}, int conditions = 0)
      : options_(options),
        places_(options.capacity, Refill{options.fresh}),
        conditions_(conditions) {
    require(features >= 1, "ReplayBuffer: features must be >= 1, got ", features);
    require(options.capacity >= 1, "ReplayBuffer: capacity must be >= 1, got ", options.capacity);
    require(options.fresh >= 0 && options.fresh <= 1, "ReplayBuffer: fresh must be in [0, 1], got ",
            options.fresh);
    noise_ = detail::checked_noise_range<T>("ReplayBuffer", options.low, options.high);
    storage_.resize(options.capacity, features);
  }

  [[nodiscard]] Eigen::Index size() const noexcept { return places_.size(); }
  [[nodiscard]] Eigen::Index capacity() const noexcept { return storage_.rows(); }
  [[nodiscard]] Eigen::Index features() const noexcept { return storage_.cols(); }

  /// The `index`-th newest sample, 0 <= index < size().
  [[nodiscard]] auto operator[](Eigen::Index index) const { return storage_.row(places_[index]); }

  /// The newest samples, at most `count` >= 0, the newest first.
  [[nodiscard]] Samples<T> newest(Eigen::Index count) const {
    require(count >= 0, "ReplayBuffer::newest: count must be >= 0, got ", count);
    Samples<T> samples(std::min(count, size()), features());
    for (Eigen::Index i = 0; i < samples.rows(); ++i) copy_sample(storage_, places_[i], samples, i);
    return samples;
  }

  /// Chooses where the chains of draw number `draw` start: fresh ones first, then kept ones.
  ///
  /// An empty buffer gives fresh chains only.
  /// chains: [chain][feature], overwritten; returns how many are fresh
  int draw(SamplesRef<T> chains, Rng rng, std::uint64_t draw) const {
    require(chains.cols() == features(), "ReplayBuffer::draw: ", features(),
            " features expected, got ", chains.cols());
    const std::vector<int> places = places_.draw(static_cast<int>(chains.rows()), rng, draw);
    int fresh = 0;
    for (Eigen::Index i = 0; i < chains.rows(); ++i) {
      const int place = places[static_cast<std::size_t>(i)];
      if (place >= 0) {
        copy_sample(storage_, place, chains, i);
      } else {
        detail::fill_with_noise(sample_of(chains, i), rng, draw, static_cast<std::uint32_t>(i),
                                noise_.low, noise_.high);
        ++fresh;
      }
    }
    return fresh;
  }

  /// Puts samples in front, the first row foremost; the oldest drop out.
  void push(const ConstSamplesRef<T>& samples) {
    require(samples.cols() == features(), "ReplayBuffer::push: ", features(),
            " features expected, got ", samples.cols());
    const std::vector<int> places = places_.push(samples.rows());
    for (Eigen::Index row = 0; row < samples.rows(); ++row) {
      const int place = places[static_cast<std::size_t>(row)];
      if (place >= 0) copy_sample(samples, row, storage_, place);
    }
  }

  // As `ChainStarts`: an empty buffer first gets a batch of noise. Fresh chains have conditions of
  // the data.
  void begin(SamplesRef<T> chains, const ConstSamplesRef<T>& data, Rng rng,
             std::uint64_t iteration) {
    if (size() == 0) {
      copy_conditions<T>(data, chains, draw(chains, rng, before_any_iteration), conditions_);
      push(chains);
    }
    copy_conditions<T>(data, chains, draw(chains, rng, iteration), conditions_);
  }
  void end(const ConstSamplesRef<T>& chains) { push(chains); }

  /// The samples, newest first; all that draws depend on.
  [[nodiscard]] State state() const {
    std::vector<T> samples(static_cast<std::size_t>(size() * features()));
    for (Eigen::Index i = 0; i < size(); ++i) {
      const auto sample = sample_of(storage_, places_[i]);
      std::copy(sample.begin(), sample.end(), samples.begin() + i * features());
    }
    State state;
    state.put("samples", std::move(samples));
    state.put("size", static_cast<std::int64_t>(size()));
    return state;
  }

  /// Throws `Error` if the state is that of a buffer for other samples, or holds more than fit.
  void restore(const State& state) {
    const auto size =
        static_cast<Eigen::Index>(state.get<std::int64_t>("size", 0, std::int64_t{capacity()}));
    const auto samples = state.finite<T>("samples", static_cast<std::size_t>(size * features()));
    places_ = {options_.capacity, Refill{options_.fresh}};
    push(Eigen::Map<const Samples<T>>(samples.data(), size, features()));
  }

 private:
  ReplayBufferOptions options_;
  NoiseRange noise_;
  ReplayPlaces<Refill, Eviction> places_;
  int conditions_;
  Samples<T> storage_;
};

static_assert(Stateful<ReplayBuffer<>>);

}  // namespace ebm::inline EBM_ABI
