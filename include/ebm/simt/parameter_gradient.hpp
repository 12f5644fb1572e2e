// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/kernels/weight_gradient.hpp>
#include <ebm/loss/loss_gradient.hpp>
#include <ebm/simt/machine.hpp>

/// Parameter gradients by threads, in the very sums of the CPU.
///
/// There a batch is blocks of 16 samples, the data's first, then the model's; here each of those is
/// half a group of lanes. Every block gets sums of its own, and they are added up in the CPU's
/// order, so that the result has its bits.
namespace ebm::inline EBM_ABI::simt {

/// The blocks of 16 samples of a batch whose data and model samples each begin a group of lanes.
struct SampleBlocks {
  int data_blocks = 0;
  int blocks = 0;  ///< with those of the model's samples
  int first_model_group = 0;

  /// Where a block begins among [group][element][lane], `size` elements.
  [[nodiscard]] EBM_INLINE std::ptrdiff_t offset(int block, int size) const noexcept {
    constexpr int per_group = warp_lanes / lanes;
    const int place =
        block < data_blocks ? block : first_model_group * per_group + (block - data_blocks);
    return std::ptrdiff_t{place / per_group} * size * warp_lanes + place % per_group * lanes;
  }
};

/// Transposes adjoints to [block][position][lane][padded output], padding with zeros.
template <class T, kernels::Convolution C>
struct TransposeAdjoints {
  const T* dy;  ///< [group][position][output][lane]
  T* transposed;
  SampleBlocks samples;

  [[nodiscard]] Grid grid() const {
    return grid_of(std::int64_t{samples.blocks} * C.transposed_size());
  }

  EBM_INLINE void run(const Thread& thread) const noexcept {
    const int block = static_cast<int>(thread.number() / C.transposed_size());
    if (block >= samples.blocks) return;
    const int element = static_cast<int>(thread.number() % C.transposed_size());
    const int output = element % C.padded_outputs();
    const int lane = element / C.padded_outputs() % lanes;
    const int position = element / C.padded_outputs() / lanes;
    const T* from = dy + samples.offset(block, C.positions() * C.outputs);
    transposed[thread.number()] =
        output < C.outputs ? from[(position * C.outputs + output) * warp_lanes + lane] : T(0);
  }
};

/// The weight gradient of each block. A thread has one output channel and some inputs of one kernel
/// row.
template <class T, kernels::Convolution C>
struct WeightGradient {
  const T* x;           ///< [group][row][column][input][lane]
  const T* transposed;  ///< as `TransposeAdjoints` leaves it
  T* gradient;          ///< [block], `parameters` apart: [output][input][kernel row][kernel column]
  int parameters;
  SampleBlocks samples;

  [[nodiscard]] Grid grid() const { return grid_of(std::int64_t{samples.blocks} * pieces); }

  EBM_INLINE void run(const Thread& thread) const noexcept {
    const int block = static_cast<int>(thread.number() / pieces);
    const int piece = static_cast<int>(thread.number() % pieces);
    const int output = piece % C.padded_outputs();
    if (block >= samples.blocks || output >= C.outputs) return;
    const int part = piece / C.padded_outputs() % features().parts;
    const int kernel_row = piece / C.padded_outputs() / features().parts;
    const T* of_block = x + samples.offset(block, C.rows.sources * C.columns.sources * C.inputs);
    const T* dy = transposed + std::ptrdiff_t{block} * C.transposed_size();
    T* to = gradient + std::ptrdiff_t{block} * parameters;
    kernels::with_part_size<features()>(part, [&](auto count) EBM_INLINE_LAMBDA {
      kernels::weight_tile<kernels::OneThread<T>, C, count, 1>(
          of_block, dy, kernel_row, features().first(part), output,
          [to](int index, T sum) EBM_INLINE_LAMBDA { to[index] = sum; });
    });
  }

 private:
  static constexpr int accumulators = 8;
  static constexpr kernels::Split features() { return {C.run(), accumulators}; }
  static constexpr int pieces = C.rows.taps * features().parts * C.padded_outputs();
};

/// The bias gradient of each block.
template <class T, kernels::Convolution C>
struct BiasGradient {
  const T* transposed;  ///< as `TransposeAdjoints` leaves it
  T* gradient;          ///< [block], `parameters` apart: [output]
  int parameters;
  SampleBlocks samples;

  [[nodiscard]] Grid grid() const { return grid_of(std::int64_t{samples.blocks} * C.outputs); }

  EBM_INLINE void run(const Thread& thread) const noexcept {
    const int block = static_cast<int>(thread.number() / C.outputs);
    const int output = static_cast<int>(thread.number() % C.outputs);
    if (block >= samples.blocks) return;
    const T* dy = transposed + std::ptrdiff_t{block} * C.transposed_size() + output;
    kernels::bias_sum<kernels::OneThread<T>, C>(dy).store(
        gradient + std::ptrdiff_t{block} * parameters + output);
  }
};

/// Adds up the blocks' gradients in their `SumOrder`.
template <class T>
struct AddBlocks {
  const T* of_blocks;  ///< [block][parameter]
  T* gradient;         ///< [parameter]
  int parameters;
  int blocks;

  [[nodiscard]] Grid grid() const { return grid_of(parameters); }

  EBM_INLINE void run(const Thread& thread) const noexcept {
    const std::int64_t parameter = thread.number();
    if (parameter >= parameters) return;
    const SumOrder order{blocks};
    T sums[std::size_t{SumOrder::most_runs}];
    for (int run = 0; run < SumOrder::most_runs; ++run) {
      sums[run] = T(0);
      if (run >= order.runs()) continue;
      const int end = order.first_block(run + 1);
      for (int block = order.first_block(run); block < end; ++block) {
        sums[run] += of_blocks[std::int64_t{block} * parameters + parameter];
      }
    }
    SumOrder::for_each_pair(SumOrder::most_runs, [&](int to, int from) EBM_INLINE_LAMBDA {
      if (from < order.runs()) sums[to] += sums[from];
    });
    gradient[parameter] = sums[0];
  }
};

}  // namespace ebm::inline EBM_ABI::simt
