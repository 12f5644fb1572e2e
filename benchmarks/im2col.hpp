// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Dense>

#include "support/naive_convolution.hpp"

/// Convolutions as most libraries compute them: the patches that the outputs see become the columns
/// of a matrix, and Eigen multiplies. For one lane of a block; an opinion beside the naive loops.
class Im2col {
 public:
  using Matrix = Eigen::MatrixXd;

  explicit Im2col(const NaiveConvolution& shape) : n_(shape) {}

  /// y = W patches(x) + b, in a block like the arguments'.
  ///
  /// x: block; weight: [output][input][kernel row][kernel column]; bias: [output]
  [[nodiscard]] std::vector<double> forward(const std::vector<double>& x,
                                            const std::vector<double>& weight,
                                            const std::vector<double>& bias) const {
    std::vector<double> y(static_cast<std::size_t>(n_.y_size()));
    for (int lane = 0; lane < ebm::lanes; ++lane) {
      const Matrix product = weights(weight) * patches(x, lane);
      for (int position = 0; position < product.cols(); ++position) {
        for (int o = 0; o < n_.outputs; ++o) {
          y[at(position * n_.outputs + o, lane)] =
              product(o, position) + bias[static_cast<std::size_t>(o)];
        }
      }
    }
    return y;
  }

  /// W^T gy, each patch added back to where it came from.
  [[nodiscard]] std::vector<double> input_gradient(const std::vector<double>& gy,
                                                   const std::vector<double>& weight) const {
    std::vector<double> gx(static_cast<std::size_t>(n_.x_size()));
    for (int lane = 0; lane < ebm::lanes; ++lane) {
      const Matrix columns = weights(weight).transpose() * outputs(gy, lane);
      for_each_patch_element(
          [&](int row, int position, int pack) { gx[at(pack, lane)] += columns(row, position); });
    }
    return gx;
  }

  /// The sum over the lanes of gy patches(x)^T.
  [[nodiscard]] std::vector<double> weight_gradient(const std::vector<double>& x,
                                                    const std::vector<double>& gy) const {
    Matrix sum = Matrix::Zero(n_.outputs, rows());
    for (int lane = 0; lane < ebm::lanes; ++lane) {
      sum += outputs(gy, lane) * patches(x, lane).transpose();
    }
    std::vector<double> gradient;
    for (int o = 0; o < sum.rows(); ++o) {
      for (int row = 0; row < sum.cols(); ++row) gradient.push_back(sum(o, row));
    }
    return gradient;
  }

 private:
  [[nodiscard]] int positions() const { return n_.rows.outputs() * n_.columns.outputs(); }
  [[nodiscard]] int rows() const { return n_.inputs * n_.rows.kernel * n_.columns.kernel; }

  [[nodiscard]] Matrix weights(const std::vector<double>& weight) const {
    using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    return Eigen::Map<const RowMajor>(weight.data(), n_.outputs, rows());
  }
  [[nodiscard]] Matrix outputs(const std::vector<double>& y, int lane) const {
    Matrix result(n_.outputs, positions());
    for (int position = 0; position < positions(); ++position) {
      for (int o = 0; o < n_.outputs; ++o) {
        result(o, position) = y[at(position * n_.outputs + o, lane)];
      }
    }
    return result;
  }
  [[nodiscard]] Matrix patches(const std::vector<double>& x, int lane) const {
    Matrix result = Matrix::Zero(rows(), positions());
    for_each_patch_element(
        [&](int row, int position, int pack) { result(row, position) = x[at(pack, lane)]; });
    return result;
  }

  /// Calls f(row of the patch matrix, position, input pack) where the patch lies in the input.
  template <class F>
  void for_each_patch_element(const F& f) const {
    for (int position = 0; position < positions(); ++position) {
      const int top = position / n_.columns.outputs() * n_.rows.stride - n_.rows.padding;
      const int left = position % n_.columns.outputs() * n_.columns.stride - n_.columns.padding;
      for (int row = 0; row < rows(); ++row) {
        const int input = row / (n_.rows.kernel * n_.columns.kernel);
        const int y = top + row / n_.columns.kernel % n_.rows.kernel;
        const int x = left + row % n_.columns.kernel;
        if (y < 0 || y >= n_.rows.extent || x < 0 || x >= n_.columns.extent) continue;
        f(row, position, (y * n_.columns.extent + x) * n_.inputs + input);
      }
    }
  }
  static std::size_t at(int pack, int lane) {
    return static_cast<std::size_t>(pack * ebm::lanes + lane);
  }

  NaiveConvolution n_;
};
