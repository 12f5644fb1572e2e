// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstdlib>
#include <ebm/energy/neural.hpp>
#include <ebm/parallel/executor.hpp>
#include <ebm/simt/emulator.hpp>
#include <ebm/simt/machine_backend.hpp>
#include <ebm/train/trainer.hpp>
#include <typeinfo>

#include "mnist/network.hpp"

/// Prints every launch that a GPU gets for Langevin steps and for a training step of the tutorial's
/// network, with its threads, shared memory, multiply-adds and bytes, as tab-separated lines.
///
/// Usage: launch_plan [BATCH]
namespace {

using namespace ebm;
using simt::Grid;

/// What a launch computes and moves, counted from the shapes; bytes as if nothing were cached.
struct Work {
  double multiply_adds = 0;
  double bytes = 0;
};

// Elements that an epilogue reads and writes for each output.
template <class A, class T>
constexpr int traffic(std::type_identity<kernels::StoreActivated<A, T>>) {
  return 1;
}
template <class A, class T>
constexpr int traffic(std::type_identity<kernels::StoreWithSlope<A, T>>) {
  return 2;
}
template <class T>
constexpr int traffic(std::type_identity<kernels::MultiplyInto<T>>) {
  return 2;
}
template <class T>
constexpr int traffic(std::type_identity<kernels::AddToZero<T>>) {
  return 1;
}

/// Multiply-adds of one lane whose taps meet a source.
double taps_met(const kernels::Axis& axis) {
  double taps = 0;
  for (int q = 0; q < axis.outputs; ++q) taps += axis.last_tap(q) - axis.first_tap(q);
  return taps;
}
template <class C>
double multiply_adds(const C& c) {
  return taps_met(c.rows) * taps_met(c.columns) * c.inputs * c.outputs;
}

template <class T, class Epilogue, int Out, kernels::Correlation... C>
Work work_of(const simt::Correlate<T, Epilogue, Out, C...>& kernel) {
  constexpr kernels::Correlation any = std::array{C...}[0];
  const double all_lanes = kernel.groups * simt::warp_lanes;
  const double in = any.rows.sources * any.columns.sources * any.inputs;
  const double weights = any.weights_per_output() * any.outputs;
  const double out = Out * traffic(std::type_identity<Epilogue>{});
  return {(multiply_adds(C) + ...) * all_lanes, (all_lanes * (in + out) + weights) * sizeof(T)};
}
template <class T, class Rule, class Epilogue, int In, int Out>
Work work_of(const simt::ForEachElement<T, Rule, Epilogue, In, Out>& kernel) {
  const double all_lanes = kernel.groups * simt::warp_lanes;
  return {0, all_lanes * (In + Out * traffic(std::type_identity<Epilogue>{})) * sizeof(T)};
}
template <class T, class Noise, class Clip, class Domain, int Size>
Work work_of(const simt::Advance<T, Noise, Clip, Domain, Size>& kernel) {
  const int streams = kernel.gradient == nullptr ? 2 : 3;
  return {0, double{sizeof(T)} * kernel.groups * simt::warp_lanes * Size * streams};
}
template <class T, kernels::Convolution C>
Work work_of(const simt::WeightGradient<T, C>& kernel) {
  const double in = C.rows.sources * C.columns.sources * C.inputs * lanes;
  const double out = double(C.rows.taps) * C.columns.taps * C.inputs * C.outputs;
  return {multiply_adds(C) * lanes * kernel.samples.blocks,
          (in + C.transposed_size() + out) * kernel.samples.blocks * sizeof(T)};
}
template <class T, kernels::Convolution C>
Work work_of(const simt::TransposeAdjoints<T, C>& kernel) {
  return {0, 2.0 * sizeof(T) * C.transposed_size() * kernel.samples.blocks};
}
template <class K>
Work work_of(const K&) {
  return {};
}

// What the table calls a launch.
template <class T, class Epilogue, int Out, kernels::Correlation... C>
std::string label_of(const simt::Correlate<T, Epilogue, Out, C...>& kernel) {
  constexpr kernels::Correlation c = std::array{C...}[0];
  return sentence(kernel.bias != nullptr ? "forward " : "backward ", c.inputs, " to ", c.outputs,
                  " channels, kernel ", c.row_slots, "x", c.column_slots, ", ", Out / c.outputs,
                  " positions; a thread ", c.tile.rows, "x", c.tile.columns);
}
template <class T, class Rule, class Epilogue, int In, int Out>
std::string label_of(const simt::ForEachElement<T, Rule, Epilogue, In, Out>&) {
  return sentence("element by element, ", Out);
}
template <class T, class Noise, class Clip, class Domain, int Size>
std::string label_of(const simt::Advance<T, Noise, Clip, Domain, Size>& kernel) {
  return kernel.gradient != nullptr ? "Langevin update and noise" : "noise";
}
template <class T, kernels::Convolution C>
std::string label_of(const simt::WeightGradient<T, C>&) {
  return sentence("weight gradient ", C.inputs, " to ", C.outputs, " channels");
}
template <class T, kernels::Convolution C>
std::string label_of(const simt::BiasGradient<T, C>&) {
  return sentence("bias gradient ", C.outputs);
}
template <class T, kernels::Convolution C>
std::string label_of(const simt::TransposeAdjoints<T, C>&) {
  return sentence("transpose ", C.positions(), " positions, ", C.outputs, " channels");
}
template <class T, class Layer>
std::string label_of(const simt::Freeze<T, Layer>&) {
  return sentence("freeze ", Layer::weight_count, " weights");
}
template <class T>
std::string label_of(const simt::AddBlocks<T>&) {
  return "sum of the blocks' gradients";
}
template <class T>
std::string label_of(const simt::SquareSums<T>& kernel) {
  return kernel.count == lanes ? "squares for the norm" : "squares, to see what is not finite";
}
template <class T, class Clip>
std::string label_of(const simt::ClipNorm<T, Clip>&) {
  return "norm and clip";
}
template <class T>
std::string label_of(const simt::AdamUpdate<T>&) {
  return "Adam";
}
template <class T, class S>
std::string label_of(const simt::LoadSamples<T, S>&) {
  return "data into lanes";
}
template <class T, class S>
std::string label_of(const simt::DrawChains<T, S>&) {
  return "starts of the chains";
}
template <class T, class S>
std::string label_of(const simt::StoreSamples<T, S>&) {
  return "chains into the buffer";
}

/// A machine that tells what it is asked to launch, and computes nothing.
struct Planner : simt::Emulator {
  template <simt::Kernel K>
  void launch(const K& kernel) const {
    const Grid grid = kernel.grid();
    const Work work = work_of(kernel);
    std::printf("%s\t%s\t%d\t%d\t%zu\t%.0f\t%.0f\n", label_of(kernel).c_str(), typeid(K).name(),
                grid.blocks * grid.rows, grid.threads, grid.shared, work.multiply_adds, work.bytes);
  }
};
static_assert(simt::Machine<Planner>);

}  // namespace

int main(int argc, char** argv) {
  const int batch = argc > 1 ? std::atoi(argv[1]) : 128;
  if (batch < 1) {
    std::fputs("launch_plan: BATCH is a number of chains, at least 1\n", stderr);
    return 2;
  }
  using Model = Neural<ebm_mnist::Network>;
  Planner planner;
  Serial serial;
  const simt::MachinePlace place(planner, serial);
  Model model;
  std::puts("# 2 steps of the chains, then a training step without chains");
  simt::MachineNetwork<ebm_mnist::Network, float, Planner> network(planner);
  simt::MachineChains<ebm_mnist::Network, float, Planner>(planner, batch)
      .run(network, Langevin<>(), 2, Rng{}, 0);
  std::puts("# training");
  Trainer trainer(model, Recipe{.steps = 0, .epochs = 1, .batch = batch}, place);
  trainer.fit(Samples<float>::Zero(batch, 784));
  return 0;
}
