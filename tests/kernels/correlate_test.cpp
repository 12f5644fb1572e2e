// SPDX-License-Identifier: MIT
#include <algorithm>
#include <ebm/core/aligned.hpp>
#include <ebm/kernels/correlate.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/naive_convolution.hpp"
#include "support/random_samples.hpp"
#include "support/relative_error.hpp"

using namespace ebm;
using kernels::Correlation;
using kernels::Tile;

namespace {

constexpr kernels::Axis forward(const AxisSize& a) {
  return kernels::forward_axis(a.extent, a.kernel, a.stride, a.padding);
}

/// Writes down what comes, and how often.
template <bool Light>
struct Collect {
  static constexpr bool is_light = Light;
  std::vector<double>& y;
  std::vector<int>& calls;

  template <class V>
  void operator()(const V& value, int offset) const {
    for (int i = 0; i < V::size; ++i) {
      y.at(static_cast<std::size_t>(offset + i)) = value.lane(i);
      ++calls.at(static_cast<std::size_t>(offset + i));
    }
  }
};

/// Correlates in tiles of the given size; x: a block, weight and bias: PyTorch's layout.
template <NaiveConvolution N, Tile BlockTile, bool Light = true>
std::vector<double> correlated(const std::vector<double>& x, const std::vector<double>& weight,
                               const std::vector<double>& bias) {
  static constexpr Correlation correlation{.rows = forward(N.rows),
                                           .columns = forward(N.columns),
                                           .inputs = N.inputs,
                                           .outputs = N.outputs,
                                           .row_slots = N.rows.kernel,
                                           .column_slots = N.columns.kernel,
                                           .output_columns = N.columns.outputs(),
                                           .tile = BlockTile};
  std::vector<double> packed(weight.size());
  auto next = weight.begin();
  for (int o = 0; o < N.outputs; ++o) {
    for (int i = 0; i < N.inputs; ++i) {
      for (int row = 0; row < N.rows.kernel; ++row) {
        for (int column = 0; column < N.columns.kernel; ++column) {
          packed.at(static_cast<std::size_t>(correlation.weights_of(o).at(row, column, i))) =
              *next++;
        }
      }
    }
  }
  const AlignedVector<double> in(x.begin(), x.end());
  std::vector<int> calls(static_cast<std::size_t>(N.y_size()));
  std::vector<double> y(calls.size());
  kernels::correlate<correlation>(in.data(), packed.data(), bias.data(), Collect<Light>{y, calls});
  CHECK(std::ranges::count(calls, 1) == N.y_size());
  return y;
}

template <NaiveConvolution N>
void check_all_tiles() {
  const auto x = random_values<double>(static_cast<std::size_t>(N.x_size()), 1);
  const auto weight = random_values<double>(static_cast<std::size_t>(N.weight_size()), 2);
  const auto bias = random_values<double>(static_cast<std::size_t>(N.outputs), 3);
  const auto single = correlated<N, Tile{1, 1}>(x, weight, bias);
  CHECK(relative_error(single, N.forward(x, weight, bias)) < 1e-14);
  CHECK(correlated<N, Tile{3, 2}>(x, weight, bias) == single);
  CHECK(correlated<N, Tile{3, 2}, false>(x, weight, bias) == single);
  CHECK(correlated<N, kernels::best_tile(N.columns.outputs(), N.outputs)>(x, weight, bias) ==
        single);
}

}  // namespace

TEST_CASE("a correlation is its definition, with the same bits in tiles of any size") {
  SECTION("padding as wide as the kernel reaches") {
    check_all_tiles<NaiveConvolution{{5, 5, 2, 4}, {8, 5, 2, 4}, 1, 7}>();
  }
  SECTION("more output channels than a tile, in an odd number") {
    check_all_tiles<NaiveConvolution{{4, 3, 1, 1}, {5, 3, 1, 1}, 2, 17}>();
  }
  SECTION("a kernel as large as the padded input: one pixel comes out") {
    check_all_tiles<NaiveConvolution{{5, 7, 3, 1}, {6, 6, 1, 0}, 3, 4}>();
  }
  SECTION("a stride that leaves inputs unread") {
    check_all_tiles<NaiveConvolution{{7, 1, 3, 0}, {11, 2, 3, 0}, 5, 3}>();
  }
  SECTION("a row of many tiles, whose inner ones are compiled once") {
    check_all_tiles<NaiveConvolution{{2, 3, 1, 1}, {41, 3, 1, 1}, 2, 3}>();
  }
  SECTION("padding beyond the kernel: some outputs meet nothing") {
    check_all_tiles<NaiveConvolution{{3, 2, 1, 3}, {3, 2, 1, 4}, 2, 3}>();
  }
  SECTION("one pixel of many channels: a linear layer") {
    check_all_tiles<NaiveConvolution{{1, 1, 1, 0}, {1, 1, 1, 0}, 19, 33}>();
  }
}
