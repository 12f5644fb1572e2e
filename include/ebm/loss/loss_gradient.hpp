// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <ebm/core/block.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/loss/judge.hpp>

/// A loss over a batch, and its gradient with respect to an energy's parameters.
namespace ebm::inline EBM_ABI {

/// The fixed order in which the sums over the blocks of a batch are added, whoever computes them.
///
/// The blocks are cut into runs of neighbours, each of which is summed in order. The sums of the
/// runs are then added in pairs, the results in pairs, until one is left.
struct SumOrder {
  static constexpr int most_runs = 32;

  int blocks;  ///< of the batch, >= 1

  [[nodiscard]] constexpr int runs() const { return blocks < most_runs ? blocks : most_runs; }
  /// The first block of run `run`; there is at least one block in each.
  [[nodiscard]] constexpr int first_block(int run) const {
    return static_cast<int>(std::int64_t{run} * blocks / runs());
  }

  /// Calls `add(i, j)` for all additions `sum[i] += sum[j]` of a tree over `leaves`, in an order
  /// that leaves the total in `sum[0]`.
  template <class Add>
  EBM_INLINE static constexpr void for_each_pair(int leaves, const Add& add) {
    for (int step = 1; step < leaves; step *= 2) {
      for (int i = 0; i + step < leaves; i += 2 * step) add(i, i + step);
    }
  }
};

/// Computes losses and their parameter gradients, block by block, in the order of `SumOrder`.
template <class T>
class LossGradient {
 public:
  /// The loss of the batch; its gradient is left in `gradient`.
  ///
  /// data, samples: [sample][feature], at least one row each, but no samples for a loss that wants
  /// no chains; gradient: [parameter], overwritten; draws: for losses that draw random numbers
  /// Throws `InvalidArgument` if the shapes don't fit or a value is not finite.
  template <TrainableEnergy E, Loss<T> L, Executor X>
  BatchResult operator()(const E& energy, const L& loss, const ConstSamplesRef<T>& data,
                         const ConstSamplesRef<T>& samples, X& executor, std::span<T> gradient,
                         const SampleDraws& draws = {}) {
    require(gradient.size() == energy.parameters().size(), "LossGradient: the energy has ",
            energy.parameters().size(), " parameters, the gradient has room for ", gradient.size());
    judge_runs(energy, loss, data, samples, executor, draws);
    constexpr int pieces = 16;  // of the parameters; each element's tree is the same in any piece
    executor.for_each(pieces, [&](int piece, int) {
      const std::size_t begin = parameters_ * static_cast<std::size_t>(piece) / pieces;
      const std::size_t end = parameters_ * static_cast<std::size_t>(piece + 1) / pieces;
      SumOrder::for_each_pair(order_.runs(),
                              [&](int to, int from) { add(to, from, begin, end - begin); });
      const auto total = run_sum(0).subspan(begin, end - begin);
      std::copy(total.begin(), total.end(), gradient.subspan(begin).begin());
    });
    finish_gradient(energy, gradient);
    return total();
  }

  // The parts of the above, for those who share the runs of a batch.

  /// Judges the blocks of the runs that `executor` takes, and leaves their sums; see above.
  template <TrainableEnergy E, Loss<T> L, Executor X>
  void judge_runs(const E& energy, const L& loss, const ConstSamplesRef<T>& data,
                  const ConstSamplesRef<T>& samples, X& executor, const SampleDraws& draws) {
    using S = typename E::Input;
    require(data.rows() > 0 && (samples.rows() > 0 || !wants_chains<L>()),
            "LossGradient: at least one data and one model sample expected");
    require_samples<T>("LossGradient", data, S::size);
    if (samples.rows() > 0) require_samples<T>("LossGradient", samples, S::size);

    const int data_blocks = block_count(data.rows());
    order_ = {data_blocks + block_count(samples.rows())};
    tapes_.prepare(executor);
    rooms_.prepare(executor);
    if constexpr (wants_slopes<L>()) slope_tapes_.prepare(executor);
    if constexpr (wants_curvatures<L>()) curvature_tapes_.prepare(executor);
    parameters_ = energy.parameters().size();
    sums_.resize(static_cast<std::size_t>(order_.runs()) * parameters_);
    results_.resize(static_cast<std::size_t>(order_.blocks));
    executor.for_each(order_.runs(), [&](int run, int worker) {
      auto& tape = tapes_[worker];
      const std::span<T> sum = run_sum(run);
      std::fill(sum.begin(), sum.end(), T(0));
      tape.set_parameter_gradient(sum);
      rooms_[worker].resize(S::size);
      Pack<T>* const x = rooms_[worker].data();
      SlopeTapes<T>* of_slopes = nullptr;
      if constexpr (wants_slopes<L>()) {
        of_slopes = &slope_tapes_[worker];
        of_slopes->directions.set_parameter_gradient(sum);
      }
      CurvatureTape<T>* of_curvatures = nullptr;
      if constexpr (wants_curvatures<L>()) {
        of_curvatures = &curvature_tapes_[worker];
        of_curvatures->set_parameter_gradient(sum);
      }
      for (int block = order_.first_block(run); block < order_.first_block(run + 1); ++block) {
        const bool is_data = block < data_blocks;
        results_[static_cast<std::size_t>(block)] = judge_block(
            energy, loss, is_data ? Role::data : Role::model, is_data ? data : samples,
            is_data ? block : block - data_blocks, tape, x, draws, of_slopes, of_curvatures);
      }
    });
  }

  [[nodiscard]] SumOrder order() const noexcept { return order_; }
  /// The sum of a run's gradients, [parameter].
  [[nodiscard]] std::span<T> run_sum(int run) {
    return std::span<T>(sums_).subspan(static_cast<std::size_t>(run) * parameters_, parameters_);
  }
  /// Adds the sum of run `from` to that of run `to`, `count` parameters from `begin` on.
  void add(int to, int from, std::size_t begin, std::size_t count) {
    const auto sum = run_sum(to).subspan(begin, count);
    const auto addend = run_sum(from).subspan(begin, count);
    for (std::size_t i = 0; i < count; ++i) sum[i] += addend[i];
  }
  /// What was found out of each block.
  [[nodiscard]] std::span<BatchResult> block_results() noexcept { return results_; }
  [[nodiscard]] BatchResult total() const {
    BatchResult sum;
    for (const BatchResult& result : results_) sum += result;
    return sum;
  }

 private:
  template <class E, class L>
  BatchResult judge_block(const E& energy, const L& loss, Role role,
                          const ConstSamplesRef<T>& samples, int index,
                          Tape<T, Wrt::parameters>& tape, Pack<T>* x, const SampleDraws& draws,
                          SlopeTapes<T>* of_slopes, CurvatureTape<T>* of_curvatures) {
    using S = typename E::Input;
    load_block<S>(samples, index, x);
    const int rows = block_fill(samples.rows(), index);
    const Eigen::Index first = Eigen::Index{index} * lanes;
    const auto& energy_of_block = at_block<T>(energy, first, rows);
    return judge(
        loss, energy_of_block,
        JudgedBlock<T>{.tape = tape,
                       .x = x,
                       .rows = rows,
                       .role = role,
                       .batch = static_cast<std::uint32_t>(samples.rows()),
                       .share = 1 / static_cast<double>(samples.rows()),
                       .draws = {draws.rng, draws.first + static_cast<std::uint64_t>(first)},
                       .of_slopes = of_slopes,
                       .of_curvatures = of_curvatures});
  }

  PerWorker<Tape<T, Wrt::parameters>> tapes_;
  PerWorker<SlopeTapes<T>> slope_tapes_;
  PerWorker<CurvatureTape<T>> curvature_tapes_;
  PerWorker<AlignedVector<Pack<T>>> rooms_;  // for a block of samples
  std::vector<T> sums_;
  std::vector<BatchResult> results_;
  std::size_t parameters_ = 0;
  SumOrder order_{1};
};

}  // namespace ebm::inline EBM_ABI
