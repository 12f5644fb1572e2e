// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/core/block.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/loss/loss.hpp>

/// A loss over a batch, and its gradient with respect to an energy's parameters.
namespace ebm::inline EBM_ABI {

namespace detail {

/// What a loss makes of a block: its share of the result; its gradient is added on the tape.
template <class L, class E, class T>
  requires Loss<L, T>
BatchResult judge(const L& loss, const E& energy, const JudgedBlock<T>& block) {
  if constexpr (BlockLoss<L, T>) {
    return loss.judge(energy, block);
  } else {
    const auto value = energy(block.tape.template input<typename E::Input>(block.x));
    alignas(Pack<T>) T scores[lanes], slopes[lanes] = {};
    (-value.value()).store(scores);
    const BatchResult result =
        judge_scores(loss, block.role, block.share,
                     std::span<const T>(scores, static_cast<std::size_t>(block.rows)), slopes);
    block.tape.backward(value, -Pack<T>::load(slopes));  // f = -E
    return result;
  }
}

}  // namespace detail

/// Adds up sums in pairs, then those in pairs, until one is left; changes them.
///
/// Count: a power of 2
template <class T, std::size_t Count>
EBM_INLINE T sum_in_pairs(T (&sums)[Count]) noexcept {
  for (std::size_t step = 1; step < Count; step *= 2) {
    for (std::size_t i = 0; i < Count; i += 2 * step) sums[i] += sums[i + step];
  }
  return sums[0];
}

/// Computes losses and their parameter gradients, block by block.
///
/// The sums have a fixed order whatever the executor: the batch is cut into `runs` runs of blocks,
/// each is summed in order, and the runs' sums are added in pairs.
template <class T>
class LossGradient {
 public:
  static constexpr int runs = 8;

  /// The first block of run `run`, where there are `blocks` in all.
  static constexpr int first_block(int run, int blocks) { return run * blocks / runs; }

  /// The loss of the batch; its gradient is left in `gradient`.
  ///
  /// data, samples: [sample][feature], at least one row each, but no samples for a loss that wants
  /// no chains; gradient: [parameter], overwritten; draws: for losses that draw random numbers
  /// Throws `InvalidArgument` if the shapes don't fit or a value is not finite.
  template <TrainableEnergy E, Loss<T> L, Executor X>
  BatchResult operator()(const E& energy, const L& loss, const ConstSamplesRef<T>& data,
                         const ConstSamplesRef<T>& samples, X& executor, std::span<T> gradient,
                         const SampleDraws& draws = {}) {
    using S = typename E::Input;
    require(data.rows() > 0 && (samples.rows() > 0 || !wants_chains<L>()),
            "LossGradient: at least one data and one model sample expected");
    require(gradient.size() == energy.parameters().size(), "LossGradient: the energy has ",
            energy.parameters().size(), " parameters, the gradient has room for ", gradient.size());
    require_samples<T>("LossGradient", data, S::size);
    if (samples.rows() > 0) require_samples<T>("LossGradient", samples, S::size);

    const int data_blocks = block_count(data.rows());
    const int blocks = data_blocks + block_count(samples.rows());
    tapes_.prepare(executor);
    if constexpr (wants_slopes<L>()) slope_tapes_.prepare(executor);
    parameters_ = energy.parameters().size();
    sums_.resize(runs * parameters_);
    results_.resize(static_cast<std::size_t>(blocks));
    executor.for_each(runs, [&](int run, int worker) {
      auto& tape = tapes_[worker];
      const std::span<T> sum = sum_of(run);
      std::fill(sum.begin(), sum.end(), T(0));
      tape.set_parameter_gradient(sum);
      SlopeTapes<T>* of_slopes = nullptr;
      if constexpr (wants_slopes<L>()) {
        of_slopes = &slope_tapes_[worker];
        of_slopes->directions.set_parameter_gradient(sum);
      }
      for (int block = first_block(run, blocks); block < first_block(run + 1, blocks); ++block) {
        const bool is_data = block < data_blocks;
        results_[static_cast<std::size_t>(block)] =
            judge_block(energy, loss, is_data ? Role::data : Role::model, is_data ? data : samples,
                        is_data ? block : block - data_blocks, tape, draws, of_slopes);
      }
    });
    add_runs(executor, gradient);
    finish_gradient(energy, gradient);
    BatchResult total;
    for (const BatchResult& result : results_) total += result;
    return total;
  }

 private:
  std::span<T> sum_of(int run) {
    return std::span<T>(sums_).subspan(static_cast<std::size_t>(run) * parameters_, parameters_);
  }

  template <class E, class L>
  BatchResult judge_block(const E& energy, const L& loss, Role role,
                          const ConstSamplesRef<T>& samples, int index,
                          Tape<T, Wrt::parameters>& tape, const SampleDraws& draws,
                          SlopeTapes<T>* of_slopes) {
    using S = typename E::Input;
    tape.clear();
    Pack<T>* x = tape.allocate(S::size);
    load_block<S>(samples, index, x);
    const int rows = block_fill(samples.rows(), index);
    const Eigen::Index first = Eigen::Index{index} * lanes;
    const auto& energy_of_block = at_block<T>(energy, first, rows);
    return detail::judge(
        loss, energy_of_block,
        JudgedBlock<T>{.tape = tape,
                       .x = x,
                       .rows = rows,
                       .role = role,
                       .share = 1 / static_cast<double>(samples.rows()),
                       .draws = {draws.rng, draws.first + static_cast<std::uint64_t>(first)},
                       .of_slopes = of_slopes});
  }

  template <class X>
  void add_runs(X& executor, std::span<T> gradient) {
    constexpr int pieces = 16;  // of the parameters; each element's tree is the same in any piece
    const std::size_t n = parameters_;
    executor.for_each(pieces, [&](int piece, int) {
      const std::size_t begin = n * static_cast<std::size_t>(piece) / pieces;
      const std::size_t end = n * static_cast<std::size_t>(piece + 1) / pieces;
      for (std::size_t i = begin; i < end; ++i) {
        T of_runs[runs];
        for (std::size_t run = 0; run < runs; ++run) of_runs[run] = sums_[run * n + i];
        gradient[i] = sum_in_pairs(of_runs);
      }
    });
  }

  PerWorker<Tape<T, Wrt::parameters>> tapes_;
  PerWorker<SlopeTapes<T>> slope_tapes_;
  std::vector<T> sums_;
  std::vector<BatchResult> results_;
  std::size_t parameters_ = 0;
};

}  // namespace ebm::inline EBM_ABI
