// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>
#include <doctest/doctest.h>

#include <ebm/core/aligned.hpp>
#include <ebm/nn/conv2d.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/nn/sequential.hpp>

#include "im2col.hpp"
#include "rates.hpp"
#include "support/naive_convolution.hpp"
#include "support/random_samples.hpp"
#include "support/relative_error.hpp"

/// Each layer of the tutorial's network on one block of 16 samples, on one thread: forward with its
/// activation, input gradient with the chain rule, parameter gradient.
namespace {

using namespace ebm;

/// A layer in its place in the network.
template <class In, class Layer, class ActivationType, NaiveConvolution Shape>
struct Place {
  using Bound = typename Layer::template Bind<In>;
  using Activation = ActivationType;
  static constexpr NaiveConvolution shape = Shape;
};

template <int Out, int Size, int Padding_>
using HalvingConv = Conv2d<Out, Kernel<Size>, Stride<2>, Padding<Padding_>>;

constexpr NaiveConvolution square(int extent, int kernel, int stride, int padding, int inputs,
                                  int outputs) {
  return {{extent, kernel, stride, padding}, {extent, kernel, stride, padding}, inputs, outputs};
}

using Conv1 = Place<Shape<1, 28, 28>, HalvingConv<16, 5, 4>, Swish, square(28, 5, 2, 4, 1, 16)>;
using Conv2 = Place<Shape<16, 16, 16>, HalvingConv<32, 3, 1>, Swish, square(16, 3, 2, 1, 16, 32)>;
using Conv3 = Place<Shape<32, 8, 8>, HalvingConv<64, 3, 1>, Swish, square(8, 3, 2, 1, 32, 64)>;
using Conv4 = Place<Shape<64, 4, 4>, HalvingConv<64, 3, 1>, Swish, square(4, 3, 2, 1, 64, 64)>;
using Linear1 = Place<Shape<256>, Linear<64>, Swish, square(1, 1, 1, 0, 256, 64)>;
using Linear2 = Place<Shape<64>, Linear<1>, kernels::Identity, square(1, 1, 1, 0, 64, 1)>;

/// What a layer reads and writes, filled with numbers.
template <class P>
struct Operands {
  using L = typename P::Bound;
  static constexpr NaiveConvolution n = P::shape;
  static constexpr auto size(int count) { return static_cast<std::size_t>(count); }

  std::vector<float> parameters = random_values<float>(size(L::weight_count + L::bias_count), 1);
  AlignedVector<float> x = block(n.x_size(), 2);
  AlignedVector<float> dy = block(n.y_size(), 3);
  AlignedVector<float> frozen = block(L::frozen_size, 4);
  AlignedVector<float> scratch = block(L::scratch_size * lanes, 5);
  AlignedVector<float> y = block(n.y_size(), 6), slope = block(n.y_size(), 7);
  AlignedVector<float> dx = block(n.x_size(), 8);
  std::vector<float> gradient = std::vector<float>(parameters.size());

  Operands() { L::freeze(parameters.data(), frozen.data()); }

  [[nodiscard]] Forward<float> forward() const {
    return {.x = x.data(), .other = nullptr, .frozen = frozen.data(), .saved = nullptr};
  }
  [[nodiscard]] Backward<float> backward() {
    return {.dy = dy.data(),
            .x = x.data(),
            .other = nullptr,
            .frozen = frozen.data(),
            .saved = nullptr,
            .scratch = scratch.data()};
  }

  static AlignedVector<float> block(int count, std::uint64_t id) {
    const auto values = random_values<float>(size(count), id);
    return {values.begin(), values.end()};
  }
};

template <class Vector>
std::vector<double> in_double(const Vector& values) {
  return {values.begin(), values.end()};
}

TEST_CASE_TEMPLATE("layers agree with loops in double precision and with Eigen's im2col product", P,
                   Conv1, Conv2, Conv3, Conv4, Linear1, Linear2) {
  using L = typename P::Bound;
  constexpr NaiveConvolution n = P::shape;
  Operands<P> o;
  L::forward(o.forward(), kernels::StoreActivated<kernels::Identity, float>{o.y.data()});
  L::input_gradient(o.backward(), kernels::StoreActivated<kernels::Identity, float>{o.dx.data()});
  L::parameter_gradient(o.backward(), o.gradient.data());

  const auto x = in_double(o.x), dy = in_double(o.dy);
  auto weight = in_double(o.parameters);
  const std::vector<double> bias(weight.begin() + L::weight_count, weight.end());
  weight.resize(Operands<P>::size(L::weight_count));
  const auto check = [&](const auto& reference) {
    CHECK(relative_error(o.y, reference.forward(x, weight, bias)) < 1e-5);
    CHECK(relative_error(o.dx, reference.input_gradient(dy, weight)) < 1e-5);
    const std::vector<float> weight_gradient(o.gradient.begin(),
                                             o.gradient.begin() + L::weight_count);
    CHECK(relative_error(weight_gradient, reference.weight_gradient(x, dy)) < 1e-5);
  };
  check(n);
  check(Im2col(n));
}

/// Operations of one pass over a block, padding counted.
template <class P>
constexpr double operations =
    2.0 * lanes * P::shape.rows.outputs() * P::shape.columns.outputs() * P::shape.weight_size();

template <class P>
void forward(benchmark::State& state) {
  Operands<P> o;
  const kernels::StoreWithSlope<typename P::Activation, float> epilogue{o.y.data(), o.slope.data()};
  rates::Peak peak(1);
  for (auto _ : state) {
    P::Bound::forward(o.forward(), epilogue);
    benchmark::ClobberMemory();
    peak.measure_beside(state);
  }
  peak.count_operations(state, operations<P>);
}

template <class P>
void input_gradient(benchmark::State& state) {
  Operands<P> o;
  // Multiplied into the same place again and again, other numbers would overflow.
  std::fill(o.dy.begin(), o.dy.end(), 0.0f);
  const kernels::MultiplyInto<float> epilogue{o.dx.data()};
  rates::Peak peak(1);
  for (auto _ : state) {
    P::Bound::input_gradient(o.backward(), epilogue);
    benchmark::ClobberMemory();
    peak.measure_beside(state);
  }
  peak.count_operations(state, operations<P>);
}

template <class P>
void parameter_gradient(benchmark::State& state) {
  Operands<P> o;
  rates::Peak peak(1);
  for (auto _ : state) {
    P::Bound::parameter_gradient(o.backward(), o.gradient.data());
    benchmark::ClobberMemory();
    peak.measure_beside(state);
  }
  peak.count_operations(state, operations<P>);
}

template <class P>
void register_passes(const std::string& layer) {
  const auto add = [&](const char* pass, void (*function)(benchmark::State&)) {
    benchmark::RegisterBenchmark((layer + "/" + pass).c_str(), function)
        ->Unit(benchmark::kMicrosecond);
  };
  add("forward", forward<P>);
  add("input_gradient", input_gradient<P>);
  add("parameter_gradient", parameter_gradient<P>);
}

const bool registered = [] {
  register_passes<Conv1>("conv1");
  register_passes<Conv2>("conv2");
  register_passes<Conv3>("conv3");
  register_passes<Conv4>("conv4");
  register_passes<Linear1>("linear1");
  register_passes<Linear2>("linear2");
  return true;
}();

}  // namespace
