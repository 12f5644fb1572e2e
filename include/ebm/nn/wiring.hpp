// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <ebm/core/abi.hpp>

/// Which stage reads what, and which buffers may therefore be used again.
namespace ebm::inline EBM_ABI::detail {

/// What a stage reads and writes; value 0 is the network's input, value i + 1 stage i's output.
struct Wire {
  int input;       ///< the value that its layer reads
  int skip;        ///< the value that it adds; negative: none
  bool is_linear;  ///< no activation: no slope to keep
  int size;        ///< packs of its output
};

/// Buffers for the outputs of all stages but the last, where none of them is kept.
template <std::size_t N>
struct BufferPlan {
  std::array<int, N> buffer_of{};  ///< by stage
  std::array<int, N> sizes{};      ///< in packs, by buffer
  int buffers = 0;
};

/// The stages of a network, in the order of the forward pass.
///
/// Who reads a value is looked up in tables, which one pass makes: a compiler counts the steps.
template <std::size_t N>
class Wiring {
 public:
  constexpr explicit Wiring(const std::array<Wire, N>& stages) : stages_(stages) {
    first_reader_.fill(count);
    last_reader_.fill(-1);
    last_adder_.fill(-1);
    for (int stage = 0; stage < count; ++stage) {
      const auto input = static_cast<std::size_t>(at(stage).input);
      if (first_reader_[input] == count) first_reader_[input] = stage;
      last_reader_[input] = stage;
      if (at(stage).skip >= 0) last_adder_[static_cast<std::size_t>(at(stage).skip)] = stage;
    }
  }

  [[nodiscard]] constexpr const Wire& at(int stage) const {
    return stages_[static_cast<std::size_t>(stage)];
  }

  /// The first and the last stage whose layer reads `value`; none: `count` and -1.
  [[nodiscard]] constexpr int first_reader(int value) const {
    return first_reader_[static_cast<std::size_t>(value)];
  }
  [[nodiscard]] constexpr int last_reader(int value) const {
    return last_reader_[static_cast<std::size_t>(value)];
  }
  /// The last stage that adds `value`; none: -1.
  [[nodiscard]] constexpr int last_adder(int value) const {
    return last_adder_[static_cast<std::size_t>(value)];
  }
  /// The first stage from `stage` on that adds `value`; none: `count`.
  [[nodiscard]] constexpr int next_adder(int value, int stage) const {
    if (last_adder(value) < stage) return count;
    stage = std::max(stage, value);  // a value comes before those that add it
    while (at(stage).skip != value) ++stage;
    return stage;
  }

  /// `value` is added and read by no layer: the end of a shortcut.
  [[nodiscard]] constexpr bool is_only_added(int value) const {
    return last_adder(value) >= 0 && last_reader(value) < 0;
  }

  /// The stage that holds the adjoint of what `stage` gives before its activation.
  ///
  /// Both sides of a sum have its adjoint: where that is all, they share one buffer.
  [[nodiscard]] constexpr int adjoint_holder(int stage) const {
    while (at(stage).is_linear && is_only_added(stage + 1)) stage = last_adder(stage + 1);
    return stage;
  }

  /// Whether the adjoint of a stage's output is summed beside the slope that waits for it.
  [[nodiscard]] constexpr bool needs_sum(int stage) const {
    return !at(stage).is_linear && first_reader(stage + 1) < last_reader(stage + 1);
  }

  /// Gives each output the first buffer that nobody reads any more.
  ///
  /// A sum may take the place of what it adds, element by element, but not of what its layer reads.
  [[nodiscard]] constexpr BufferPlan<N> plan() const {
    BufferPlan<N> plan;
    std::array<int, N> holds{};  // the value in each buffer
    for (int stage = 0; stage < count - 1; ++stage) {
      const auto is_free = [&](int value) {
        const int last_use = std::max(last_reader(value), last_adder(value));
        return last_use < stage || (last_use == stage && at(stage).input != value);
      };
      std::size_t buffer = 0;
      while (buffer < static_cast<std::size_t>(plan.buffers) && !is_free(holds[buffer])) ++buffer;
      plan.buffers = std::max(plan.buffers, static_cast<int>(buffer) + 1);
      holds[buffer] = stage + 1;
      plan.buffer_of[static_cast<std::size_t>(stage)] = static_cast<int>(buffer);
      plan.sizes[buffer] = std::max(plan.sizes[buffer], at(stage).size);
    }
    return plan;
  }

 private:
  static constexpr int count = static_cast<int>(N);

  std::array<Wire, N> stages_;
  // By value.
  std::array<int, N + 1> first_reader_{}, last_reader_{}, last_adder_{};
};

}  // namespace ebm::inline EBM_ABI::detail
