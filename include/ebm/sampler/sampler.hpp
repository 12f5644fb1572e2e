// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/autodiff/tape.hpp>
#include <ebm/core/aligned.hpp>
#include <ebm/core/samples.hpp>
#include <ebm/energy/analytic.hpp>
#include <ebm/energy/energy.hpp>
#include <ebm/parallel/executor.hpp>
#include <ebm/parallel/serial.hpp>
#include <ebm/random/stream.hpp>
#include <vector>

/// What a sampler is.
namespace ebm::inline EBM_ABI {

/// What an executor's workers need to move chains: kept between runs, so that warm runs allocate
/// nothing.
template <class T>
class Workspace {
 public:
  /// One worker's share.
  struct Slot {
    Tape<T, Wrt::inputs> tape;
    AlignedVector<Pack<T>> state;  ///< a block of chains, [element][lane]
    AlignedVector<Pack<T>> held;   ///< the values of elements that stay, where some do
  };

  /// Makes room for `workers` with chains of `elements` numbers; called by whoever runs blocks.
  void prepare(int workers, int elements) {
    if (slots_.size() < static_cast<std::size_t>(workers)) {
      slots_.resize(static_cast<std::size_t>(workers));
    }
    for (Slot& slot : slots_) slot.state.resize(static_cast<std::size_t>(elements));
  }
  [[nodiscard]] Slot& operator[](int worker) { return slots_[static_cast<std::size_t>(worker)]; }

 private:
  std::vector<Slot> slots_;
};

/// Satisfied by types that move chains towards likely places of an energy.
///
/// `run(energy, chains, first_chain, rng, executor, workspace)` replaces each row of `chains` by
/// its chain's final state. Row i is the chain with id first_chain + i, which alone (with the seed)
/// decides its random numbers: not its neighbours, the batch size or the threads.
/// `add_noise<T, Shape>(samples, deviation, first, key, executor, workspace)` adds normal noise to
/// samples and keeps them in the domain of the chains: what data get in training.
/// `require_in_domain(function, samples)` throws `InvalidArgument` if data lie outside of it.
template <class S, class T = float>
concept Sampler = requires(const S& sampler, const Gaussian<2>& energy, SamplesRef<T> chains,
                           Rng rng, PhiloxKey key, Serial& executor, Workspace<T>& workspace,
                           const ConstSamplesRef<T>& data) {
  sampler.require_in_domain("", data);
  sampler.run(energy, chains, std::uint64_t{}, rng, executor, workspace);
  sampler.template add_noise<T, Shape<2>>(chains, double{}, std::uint64_t{}, key, executor,
                                          workspace);
};

}  // namespace ebm::inline EBM_ABI
