// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/pack.hpp>
#include <vector>

/// One axis of a convolution.
struct AxisSize {
  int extent;
  int kernel;
  int stride;
  int padding;

  [[nodiscard]] constexpr int outputs() const {
    return (extent + 2 * padding - kernel) / stride + 1;
  }
};

/// A convolution by its definition, and its gradients, on blocks [row][column][channel][lane].
struct NaiveConvolution {
  AxisSize rows;
  AxisSize columns;
  int inputs;
  int outputs;

  /// Elements of a block of inputs and of one of outputs.
  [[nodiscard]] constexpr int x_size() const {
    return rows.extent * columns.extent * inputs * ebm::lanes;
  }
  [[nodiscard]] constexpr int y_size() const {
    return rows.outputs() * columns.outputs() * outputs * ebm::lanes;
  }
  /// Weights in PyTorch's layout: [output][input][kernel row][kernel column].
  [[nodiscard]] constexpr int weight_size() const {
    return outputs * inputs * rows.kernel * columns.kernel;
  }

  using Values = std::vector<double>;

  [[nodiscard]] Values forward(const Values& x, const Values& weight, const Values& bias) const {
    Values y(static_cast<std::size_t>(y_size()));
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = bias[i / ebm::lanes % bias.size()];
    for_each_product(
        [&](std::size_t i, std::size_t o, std::size_t w) { y[o] += weight[w] * x[i]; });
    return y;
  }
  [[nodiscard]] Values input_gradient(const Values& gy, const Values& weight) const {
    Values gx(static_cast<std::size_t>(x_size()));
    for_each_product(
        [&](std::size_t i, std::size_t o, std::size_t w) { gx[i] += weight[w] * gy[o]; });
    return gx;
  }
  [[nodiscard]] Values weight_gradient(const Values& x, const Values& gy) const {
    Values gw(static_cast<std::size_t>(weight_size()));
    for_each_product([&](std::size_t i, std::size_t o, std::size_t w) { gw[w] += x[i] * gy[o]; });
    return gw;
  }
  [[nodiscard]] Values bias_gradient(const Values& gy) const {
    Values gb(static_cast<std::size_t>(outputs));
    for (std::size_t i = 0; i < gy.size(); ++i) gb[i / ebm::lanes % gb.size()] += gy[i];
    return gb;
  }

 private:
  /// Calls f(input element, output element, weight) for each product of the definition.
  template <class F>
  void for_each_product(const F& f) const {
    std::size_t w = 0;
    for (int o = 0; o < outputs; ++o) {
      for (int i = 0; i < inputs; ++i) {
        for (int ky = 0; ky < rows.kernel; ++ky) {
          for (int kx = 0; kx < columns.kernel; ++kx, ++w) {
            for (int r = 0; r < rows.outputs(); ++r) {
              for (int c = 0; c < columns.outputs(); ++c) {
                const int y = r * rows.stride - rows.padding + ky;
                const int x = c * columns.stride - columns.padding + kx;
                if (y < 0 || y >= rows.extent || x < 0 || x >= columns.extent) continue;
                for (int lane = 0; lane < ebm::lanes; ++lane) {
                  f(element((y * columns.extent + x) * inputs + i, lane),
                    element((r * columns.outputs() + c) * outputs + o, lane), w);
                }
              }
            }
          }
        }
      }
    }
  }
  static std::size_t element(int pack, int lane) {
    return static_cast<std::size_t>(pack * ebm::lanes + lane);
  }
};
