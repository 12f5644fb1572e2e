// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>
#include <doctest/doctest.h>

#include <ebm/ebm.hpp>

#include "rates.hpp"
#include "support/random_samples.hpp"
#include "tutorial_network.hpp"

/// What second derivatives, conditions and layers that go up in size cost beside what they are made
/// of; on one thread.
namespace {

using namespace ebm;
using Plain = ebm_mnist::Network;
constexpr int pixels = Plain::Input::size;

/// The tutorial's network with a class that is added to each layer's channels.
using WithClass = Sequential<Conditioned<Shape<1, 28, 28>, Shape<10>>,
                             Conv2d<16, Kernel<5>, Stride<2>, Padding<4>>, AddCondition, Swish,
                             Conv2d<32, Kernel<3>, Stride<2>, Padding<1>>, AddCondition, Swish,
                             Conv2d<64, Kernel<3>, Stride<2>, Padding<1>>, AddCondition, Swish,
                             Conv2d<64, Kernel<3>, Stride<2>, Padding<1>>, AddCondition, Swish,
                             Flatten, Linear<64>, AddCondition, Swish, Linear<1>>;

/// A block of 16 images with directions.
template <class Number, Wrt W>
struct Pass {
  using P = PackOf<Number>;
  Neural<Plain> model{Rng{1}};
  std::vector<float> gradient = std::vector<float>(model.parameters().size());
  Tape<Number, W> tape;
  AlignedVector<P> x = AlignedVector<P>(pixels, P(0.5f));

  void operator()() {
    tape.clear();
    tape.set_parameter_gradient(gradient);
    tape.backward(model(tape.template input<Plain::Input>(x.data())));
  }
};

TEST_CASE("a Hessian-vector product of the tutorial's network is a difference of gradients") {
  const Neural<Plain, double> model(Rng{1});
  const auto x = random_samples<double>(2, pixels, 1), v = random_samples<double>(2, pixels, 2);
  const Samples<double> above = energy_gradients(model, x + 1e-5 * v),
                        below = energy_gradients(model, x - 1e-5 * v);
  const Samples<double> expected = (above - below) / 2e-5;
  CHECK((hessian_vector_product(model, x, v) - expected).norm() < 1e-6 * expected.norm());
}

/// Forward, input gradient and parameter gradient of a block.
void first_order(benchmark::State& state) {
  Pass<float, Wrt::both> pass;
  for (auto _ : state) pass();
}
BENCHMARK(first_order)->Unit(benchmark::kMicrosecond);

/// The same with tangents: the Hessian-vector product, and the parameter gradient of the slope.
void second_order(benchmark::State& state) {
  Pass<WithTangent<float>, Wrt::both> pass;
  for (auto _ : state) pass();
}
BENCHMARK(second_order)->Unit(benchmark::kMicrosecond);

TEST_CASE("chains of a conditioned network leave their classes as they are") {
  const Neural<WithClass> model(Rng{1});
  const std::vector labels{3, 1};
  const auto classes = one_hot(std::span<const int>(labels), 10);
  const auto start = with_conditions(random_samples<float>(2, pixels, 1), classes);
  const auto ends = chain_ends(Langevin<>(), model, start, {.steps = 3});
  CHECK(ends.rightCols(10) == classes);
  CHECK(ends.leftCols(pixels) != start.leftCols(pixels));
}

/// Langevin steps of a block of 16 chains.
template <class Net>
void steps(benchmark::State& state) {
  const Neural<Net> model(Rng{1});
  Samples<float> chains = random_samples<float>(16, Net::Input::size, 1);
  Serial serial;
  Workspace<float> workspace;
  constexpr int count = 60;
  while (state.KeepRunningBatch(count)) {
    run_chains(Langevin<>(), model, chains, {.steps = count}, serial, workspace);
  }
}
BENCHMARK_TEMPLATE(steps, Plain)->Unit(benchmark::kMicrosecond)->Name("step");
BENCHMARK_TEMPLATE(steps, WithClass)->Unit(benchmark::kMicrosecond)->Name("step_with_condition");

/// A transposed convolution and the convolution that it mirrors, of a middle layer.
using Up = ConvTranspose2d<32, Kernel<4>, Stride<2>, Padding<1>>::Bind<Shape<64, 8, 8>>;
using Down = Conv2d<64, Kernel<4>, Stride<2>, Padding<1>>::Bind<Shape<32, 16, 16>>;

template <class L>
struct Blocks {
  AlignedVector<float> from = AlignedVector<float>(64 * 8 * 8 * lanes, 0.5f);
  AlignedVector<float> to = AlignedVector<float>(32 * 16 * 16 * lanes, 0.5f);
  AlignedVector<float> frozen = AlignedVector<float>(L::frozen_size, 0.01f);
};

TEST_CASE("going up is the input gradient of going down") {
  Blocks<Down> down;
  Blocks<Up> up;
  std::fill(up.frozen.begin() + Up::bias_offset, up.frozen.end(), 0.0f);
  Down::input_gradient(
      Backward<float>{down.from.data(), nullptr, nullptr, down.frozen.data(), nullptr, nullptr},
      kernels::StoreActivated<kernels::Identity, float>{down.to.data()});
  Up::forward(Forward<float>{up.from.data(), nullptr, up.frozen.data(), nullptr},
              kernels::StoreActivated<kernels::Identity, float>{up.to.data()});
  CHECK(std::equal(up.to.begin(), up.to.end(), down.to.begin()));
}

void transposed_convolution(benchmark::State& state) {
  Blocks<Up> up;
  rates::Peak peak(1);
  for (auto _ : state) {
    Up::forward(Forward<float>{up.from.data(), nullptr, up.frozen.data(), nullptr},
                kernels::StoreActivated<kernels::Identity, float>{up.to.data()});
    benchmark::ClobberMemory();
    peak.measure_beside(state);
  }
  peak.count_operations(state, 2.0 * lanes * Up::multiply_adds);
}
BENCHMARK(transposed_convolution)->Unit(benchmark::kMicrosecond);

void mirrored_input_gradient(benchmark::State& state) {
  Blocks<Down> down;
  rates::Peak peak(1);
  for (auto _ : state) {
    Down::input_gradient(
        Backward<float>{down.from.data(), nullptr, nullptr, down.frozen.data(), nullptr, nullptr},
        kernels::StoreActivated<kernels::Identity, float>{down.to.data()});
    benchmark::ClobberMemory();
    peak.measure_beside(state);
  }
  peak.count_operations(state, 2.0 * lanes * Down::multiply_adds);
}
BENCHMARK(mirrored_input_gradient)->Unit(benchmark::kMicrosecond);

}  // namespace
