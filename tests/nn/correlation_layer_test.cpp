// SPDX-License-Identifier: MIT
#include <algorithm>
#include <ebm/core/aligned.hpp>
#include <ebm/nn/correlation_layer.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/naive_convolution.hpp"
#include "support/random_samples.hpp"
#include "support/relative_error.hpp"

using namespace ebm;

namespace {

constexpr detail::AxisGeometry geometry(const AxisSize& a) {
  return {a.extent, a.kernel, a.stride, a.padding};
}

/// Checks that the input gradient is right and hands every element to its epilogue exactly once.
template <NaiveConvolution N>
void check_input_gradient() {
  using Layer =
      detail::CorrelationLayer<geometry(N.rows), geometry(N.columns), N.inputs, N.outputs>;
  const auto weight = random_values<double>(static_cast<std::size_t>(N.weight_size()), 1);
  const auto gy = random_values<double>(static_cast<std::size_t>(N.y_size()), 2);
  auto parameters = weight;
  parameters.resize(weight.size() + static_cast<std::size_t>(N.outputs));
  AlignedVector<double> frozen(static_cast<std::size_t>(Layer::frozen_size));
  Layer::freeze(parameters.data(), frozen.data());

  const AlignedVector<double> block(gy.begin(), gy.end());
  std::vector<int> calls(static_cast<std::size_t>(N.x_size()));
  std::vector<double> gx(calls.size());
  const Backward<double> pass{block.data(), nullptr, nullptr, frozen.data(), nullptr, nullptr};
  Layer::input_gradient(pass, [&](const auto& value, int offset) {
    for (int i = 0; i < value.size; ++i) {
      gx[static_cast<std::size_t>(offset + i)] = value.lane(i);
      ++calls[static_cast<std::size_t>(offset + i)];
    }
  });
  CHECK(std::ranges::count(calls, 1) == N.x_size());
  CHECK(relative_error(gx, N.input_gradient(gy, weight)) < 1e-14);
}

}  // namespace

TEST_CASE("the input gradient is the sum of the definition and covers every input once") {
  SECTION("padding as wide as the kernel reaches") {
    check_input_gradient<NaiveConvolution{{5, 5, 2, 4}, {8, 5, 2, 4}, 1, 7}>();
  }
  SECTION("more input channels than a tile, in an odd number") {
    check_input_gradient<NaiveConvolution{{4, 3, 1, 1}, {5, 3, 1, 1}, 17, 2}>();
  }
  SECTION("a kernel as large as the padded input: one pixel comes out") {
    check_input_gradient<NaiveConvolution{{5, 7, 3, 1}, {6, 6, 1, 0}, 3, 4}>();
  }
  SECTION("a stride that leaves inputs unread: their gradient is zero") {
    check_input_gradient<NaiveConvolution{{7, 1, 3, 0}, {11, 2, 3, 0}, 5, 3}>();
  }
  SECTION("strides that the kernel is no multiple of") {
    check_input_gradient<NaiveConvolution{{8, 4, 3, 2}, {9, 5, 2, 1}, 2, 3}>();
  }
  SECTION("an input narrower than the stride") {
    check_input_gradient<NaiveConvolution{{2, 3, 3, 1}, {1, 2, 3, 1}, 3, 2}>();
  }
  SECTION("one pixel of many channels: a linear layer") {
    check_input_gradient<NaiveConvolution{{1, 1, 1, 0}, {1, 1, 1, 0}, 33, 19}>();
  }
}
