// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/random/stream.hpp>
#include <ebm/sampler/replay_buffer.hpp>
#include <ebm/simt/machine.hpp>

/// Samples into lanes and back: batches, and the chains of a replay buffer.
namespace ebm::inline EBM_ABI::simt {

/// Brings samples into lanes; lanes beyond the last sample repeat it, so that they compute
/// something harmless.
template <class T, class S>
struct LoadSamples {
  const T* samples;  ///< [sample][channel, row, column]
  T* lanes;          ///< [group][row][column][channel][lane]
  int count;

  [[nodiscard]] Grid grid() const { return warp_grid(group_count(count), S::size); }

  EBM_INLINE void run(const Thread& thread) const noexcept {
    const WarpTask task(thread, S::size);
    if (task.group >= group_count(count)) return;
    const std::int64_t sample = std::min<std::int64_t>(task.sample(), count - 1);
    lanes[task.offset(S::size) + task.piece * warp_lanes] =
        samples[sample * S::size + S::feature(task.piece)];
  }
};

/// Where chains start: samples of a replay buffer, or uniform noise, the same as `ReplayBuffer`'s.
template <class T, class S>
struct DrawChains {
  const T* kept;      ///< [place][channel, row, column]
  const int* places;  ///< [chain]; negative: noise
  T* lanes;           ///< [group][row][column][channel][lane]
  int count;
  PhiloxKey key;
  std::uint64_t draw;
  double low, high;

  [[nodiscard]] Grid grid() const { return warp_grid(group_count(count), S::size); }

  EBM_INLINE void run(const Thread& thread) const noexcept {
    const WarpTask task(thread, S::size);
    if (task.group >= group_count(count)) return;
    const int chain = static_cast<int>(std::min<std::int64_t>(task.sample(), count - 1));
    const int feature = S::feature(task.piece);
    lanes[task.offset(S::size) + task.piece * warp_lanes] =
        places[chain] >= 0 ? kept[std::int64_t{places[chain]} * S::size + feature]
                           : noise(chain, feature);
  }

 private:
  /// The word of `Sequence(key, draw, chain)` for this feature.
  [[nodiscard]] EBM_INLINE T noise(int chain, int feature) const noexcept {
    const auto words = Sequence::words(key, draw, static_cast<std::uint32_t>(chain),
                                       static_cast<std::uint32_t>(feature / 4));
    return uniform_between<T>(words[static_cast<std::size_t>(feature % 4)], low, high);
  }
};

/// Brings lanes back into samples.
template <class T, class S>
struct StoreSamples {
  const T* lanes;     ///< [group][row][column][channel][lane]
  T* samples;         ///< [place][channel, row, column]
  const int* places;  ///< of each sample, no two alike; negative: nowhere; null: in order
  int count;

  [[nodiscard]] Grid grid() const { return warp_grid(group_count(count), S::size); }

  EBM_INLINE void run(const Thread& thread) const noexcept {
    const WarpTask task(thread, S::size);
    if (task.sample() >= count) return;
    const std::int64_t place = places == nullptr ? task.sample() : places[task.sample()];
    if (place < 0) return;
    samples[place * S::size + S::feature(task.piece)] =
        lanes[task.offset(S::size) + task.piece * warp_lanes];
  }
};

/// A `ReplayBuffer` whose samples are on a machine; the choices are made on the host, and the same.
template <class S, class T, Machine M>
class MachineReplayBuffer {
 public:
  /// For `batch` chains at a time.
  MachineReplayBuffer(M& machine, const ReplayBufferOptions& options, int batch)
      : machine_(&machine),
        options_(options),
        batch_(batch),
        mirror_(S::size, options),  // first: it knows which options make sense
        places_(options.capacity, BinomialRefill{options.fresh}),
        kept_(machine, static_cast<std::size_t>(options.capacity) * S::size, "the replay buffer"),
        chain_places_(machine, static_cast<std::size_t>(batch), "the chains' places") {}

  /// As `ReplayBuffer::begin`.
  void begin(T* lanes, Rng rng, std::uint64_t iteration) {
    if (places_.size() == 0) {
      draw(lanes, rng, before_any_iteration);
      push(lanes);
    }
    draw(lanes, rng, iteration);
  }

  /// Where the chains of draw number `draw` start, to `lanes`.
  void draw(T* lanes, Rng rng, std::uint64_t draw) {
    upload(places_.draw(batch_, rng, draw));
    const NoiseRange noise = ebm::detail::noise_range(options_.low, options_.high);
    machine_->launch(DrawChains<T, S>{kept_.data(), chain_places_.data(), lanes, batch_,
                                      rng.stream(Purpose::fresh_chains), draw, noise.low,
                                      noise.high});
  }

  /// Puts the chains in front.
  void push(const T* lanes) {
    upload(places_.push(batch_));
    machine_->launch(StoreSamples<T, S>{lanes, kept_.data(), chain_places_.data(), batch_});
    mirror_is_old_ = true;
  }

  /// The samples on the host, as they are now; not as they will be after the next `push`.
  [[nodiscard]] const ReplayBuffer<T>& on_host() const {
    if (mirror_is_old_) {
      std::vector<T> kept(kept_.size());
      machine_->download(kept_.data(), kept.size(), kept.data());
      Samples<T> newest_first(places_.size(), S::size);
      for (Eigen::Index i = 0; i < places_.size(); ++i) {
        std::copy_n(kept.begin() + places_[i] * S::size, S::size,
                    sample_of(newest_first, i).begin());
      }
      mirror_ = ReplayBuffer<T>(S::size, options_);
      mirror_.push(newest_first);
      mirror_is_old_ = false;
    }
    return mirror_;
  }

  /// Holds what `buffer` does.
  void load(ReplayBuffer<T> buffer) {
    mirror_ = std::move(buffer);
    mirror_is_old_ = false;
    places_ = {options_.capacity, BinomialRefill{options_.fresh}};
    const std::vector<int> places = places_.push(mirror_.size());
    const Samples<T> newest_first = mirror_.newest(mirror_.size());
    std::vector<T> kept(kept_.size());
    for (Eigen::Index i = 0; i < mirror_.size(); ++i) {
      const Eigen::Index place = places[static_cast<std::size_t>(i)];
      std::ranges::copy(sample_of(newest_first, i), kept.begin() + place * S::size);
    }
    machine_->upload(kept.data(), kept.size(), kept_.data());
  }

 private:
  void upload(const std::vector<int>& places) {
    machine_->upload(places.data(), places.size(), chain_places_.data());
  }

  M* machine_;
  ReplayBufferOptions options_;
  int batch_;
  mutable ReplayBuffer<T> mirror_;
  ReplayPlaces<> places_;
  typename M::template Array<T> kept_;
  typename M::template Array<int> chain_places_;
  mutable bool mirror_is_old_ = false;
};

}  // namespace ebm::inline EBM_ABI::simt
