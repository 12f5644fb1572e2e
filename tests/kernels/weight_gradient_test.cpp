// SPDX-License-Identifier: MIT
#include <ebm/core/aligned.hpp>
#include <ebm/kernels/weight_gradient.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/naive_convolution.hpp"
#include "support/random_samples.hpp"
#include "support/relative_error.hpp"

using namespace ebm;

namespace {

constexpr kernels::Axis forward(const AxisSize& a) {
  return kernels::forward_axis(a.extent, a.kernel, a.stride, a.padding);
}

template <NaiveConvolution N>
void check_gradients() {
  static constexpr kernels::Convolution convolution{forward(N.rows), forward(N.columns), N.inputs,
                                                    N.outputs};
  const auto x = random_values<double>(static_cast<std::size_t>(N.x_size()), 1);
  const auto gy = random_values<double>(static_cast<std::size_t>(N.y_size()), 2);
  const AlignedVector<double> block(x.begin(), x.end());
  AlignedVector<double> transposed(static_cast<std::size_t>(convolution.transposed_size()), 9e99);
  kernels::transpose_adjoints<convolution>(gy.data(), transposed.data());

  // Gradients are added to what is there.
  auto weight = N.weight_gradient(x, gy), bias = N.bias_gradient(gy);
  std::vector<double> weight_sum(weight.size(), 1), bias_sum(bias.size(), 1);
  kernels::add_weight_gradient<convolution>(block.data(), transposed.data(), weight_sum.data());
  kernels::add_bias_gradient<convolution>(transposed.data(), bias_sum.data());
  for (double& value : weight) value += 1;
  for (double& value : bias) value += 1;
  CHECK(relative_error(weight_sum, weight) < 1e-13);
  CHECK(relative_error(bias_sum, bias) < 1e-13);
}

}  // namespace

TEST_CASE("weight and bias gradients are the sums of the definition") {
  SECTION("padding as wide as the kernel reaches") {
    check_gradients<NaiveConvolution{{5, 5, 2, 4}, {8, 5, 2, 4}, 1, 7}>();
  }
  SECTION("output channels of one pack and one more") {
    check_gradients<NaiveConvolution{{4, 3, 1, 1}, {5, 3, 1, 1}, 2, 17}>();
  }
  SECTION("a kernel as large as the padded input: one pixel comes out") {
    check_gradients<NaiveConvolution{{5, 7, 3, 1}, {6, 6, 1, 0}, 3, 4}>();
  }
  SECTION("a stride that leaves inputs unread") {
    check_gradients<NaiveConvolution{{7, 1, 3, 0}, {11, 2, 3, 0}, 5, 3}>();
  }
  SECTION("a kernel wider than the input") {
    check_gradients<NaiveConvolution{{3, 4, 2, 2}, {2, 7, 1, 3}, 3, 5}>();
  }
  SECTION("one pixel of many channels: a linear layer") {
    check_gradients<NaiveConvolution{{1, 1, 1, 0}, {1, 1, 1, 0}, 19, 33}>();
  }
}
