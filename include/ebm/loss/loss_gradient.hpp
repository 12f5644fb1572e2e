// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/core/block.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/loss/loss.hpp>

/// A loss over a batch, and its gradient with respect to an energy's parameters.
namespace ebm::inline EBM_ABI {

/// What a batch says of a model.
struct BatchResult {
  LossValue loss;
  double data_score = 0;   ///< mean f of the data
  double model_score = 0;  ///< mean f of the model's samples

  BatchResult& operator+=(const BatchResult& other) {
    loss += other.loss;
    data_score += other.data_score;
    model_score += other.model_score;
    return *this;
  }
  friend BatchResult operator*(double factor, const BatchResult& r) {
    return {factor * r.loss, factor * r.data_score, factor * r.model_score};
  }
};

/// Computes losses and their parameter gradients, block by block.
///
/// The sums have a fixed order whatever the executor: the batch is cut into `groups` runs of
/// blocks, each is summed in order, and the groups' sums are added in pairs.
template <class T>
class LossGradient {
 public:
  static constexpr int groups = 8;

  /// The loss of the batch; its gradient is left in `gradient`.
  ///
  /// data, samples: [sample][feature], at least one row each; gradient: [parameter], overwritten
  /// Throws `InvalidArgument` if the shapes don't fit or a value is not finite.
  template <TrainableEnergy E, Loss L, Executor X>
  BatchResult operator()(const E& energy, const L& loss, const ConstSamplesRef<T>& data,
                         const ConstSamplesRef<T>& samples, X& executor, std::span<T> gradient) {
    using S = typename E::Input;
    require(data.rows() > 0 && samples.rows() > 0,
            "LossGradient: at least one data and one model sample expected");
    require(gradient.size() == energy.parameters().size(), "LossGradient: the energy has ",
            energy.parameters().size(), " parameters, the gradient has room for ", gradient.size());
    require_samples<T>("LossGradient", data, S::size);
    require_samples<T>("LossGradient", samples, S::size);

    const int data_blocks = block_count(data.rows());
    const int blocks = data_blocks + block_count(samples.rows());
    prepare(executor.workers(), energy.parameters().size(), blocks);
    executor.for_each(groups, [&](int group, int worker) {
      auto& tape = tapes_[static_cast<std::size_t>(worker)];
      const std::span<T> sum = group_gradient(group);
      std::fill(sum.begin(), sum.end(), T(0));
      tape.set_parameter_gradient(sum);
      for (int block = first_block(group, blocks); block < first_block(group + 1, blocks);
           ++block) {
        const bool is_data = block < data_blocks;
        results_[static_cast<std::size_t>(block)] =
            is_data ? add_block(energy, loss, Role::data, data, block, tape)
                    : add_block(energy, loss, Role::model, samples, block - data_blocks, tape);
      }
    });
    add_groups(executor, gradient);
    finish_gradient(energy, gradient);
    return total(blocks);
  }

 private:
  static int first_block(int group, int blocks) { return group * blocks / groups; }

  void prepare(int workers, std::size_t parameters, int blocks) {
    if (tapes_.size() < static_cast<std::size_t>(workers)) {
      tapes_.resize(static_cast<std::size_t>(workers));
    }
    parameters_ = parameters;
    sums_.resize(groups * parameters);
    results_.resize(static_cast<std::size_t>(blocks));
  }

  std::span<T> group_gradient(int group) {
    return std::span<T>(sums_).subspan(static_cast<std::size_t>(group) * parameters_, parameters_);
  }

  /// Adds one block to the tape's gradient; the result holds sums, divided by the batch size.
  template <class E, class L>
  BatchResult add_block(const E& energy, const L& loss, Role role,
                        const ConstSamplesRef<T>& samples, int index,
                        Tape<T, Wrt::parameters>& tape) {
    using S = typename E::Input;
    const double share = 1 / static_cast<double>(samples.rows());
    tape.clear();
    Pack<T>* x = tape.allocate(S::size);
    load_block<S>(samples, index, x);
    const auto value = energy(tape.template input<S>(x));

    alignas(Pack<T>) T energies[lanes];
    alignas(Pack<T>) T seeds[lanes] = {};
    value.value().store(energies);
    BatchResult result;
    for (int lane = 0; lane < block_fill(samples.rows(), index); ++lane) {
      const double score = -static_cast<double>(energies[lane]);
      result.loss += share * loss.term(score, role);
      (role == Role::data ? result.data_score : result.model_score) += share * score;
      seeds[lane] = static_cast<T>(-share * loss.slope(score, role));  // f = -E
    }
    tape.backward(value, Pack<T>::load(seeds));
    return result;
  }

  template <class X>
  void add_groups(X& executor, std::span<T> gradient) {
    constexpr int pieces = 16;  // of the parameters; each element's tree is the same in any piece
    const std::size_t n = parameters_;
    executor.for_each(pieces, [&](int piece, int) {
      const std::size_t begin = n * static_cast<std::size_t>(piece) / pieces;
      const std::size_t end = n * static_cast<std::size_t>(piece + 1) / pieces;
      for (std::size_t i = begin; i < end; ++i) {
        const auto at = [&](int group) { return sums_[static_cast<std::size_t>(group) * n + i]; };
        gradient[i] = ((at(0) + at(1)) + (at(2) + at(3))) + ((at(4) + at(5)) + (at(6) + at(7)));
      }
    });
  }

  [[nodiscard]] BatchResult total(int blocks) const {
    BatchResult sum;
    for (int block = 0; block < blocks; ++block) sum += results_[static_cast<std::size_t>(block)];
    return sum;
  }

  std::vector<Tape<T, Wrt::parameters>> tapes_;
  std::vector<T> sums_;
  std::vector<BatchResult> results_;
  std::size_t parameters_ = 0;
};

}  // namespace ebm::inline EBM_ABI
