// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <vector>

/// The tutorial's network as plain loops in double precision, images in [channel][row][column]:
/// nothing shared with the library, to check it against.
namespace naive {

using Image = std::vector<double>;

class Network {
 public:
  /// parameters: conv1.weight, conv1.bias, ... linear2.bias, in PyTorch's layouts
  template <class Parameters>
  explicit Network(const Parameters& parameters)
      : parameters_(parameters.begin(), parameters.end()) {}

  /// The score f of one image of 28 x 28 pixels.
  [[nodiscard]] double score(const Image& image) const {
    const double* p = parameters_.data();
    Image x = image;
    int size = 28;
    x = swish(convolve(x, 1, 16, size, 5, 4, p));
    x = swish(convolve(x, 16, 32, size, 3, 1, p));
    x = swish(convolve(x, 32, 64, size, 3, 1, p));
    x = swish(convolve(x, 64, 64, size, 3, 1, p));
    x = swish(multiply(x, 64, p));
    return multiply(x, 1, p)[0];
  }

 private:
  /// A convolution of stride 2; moves `size` and `p` on to the next layer's.
  static Image convolve(const Image& x, int in, int out, int& size, int kernel, int padding,
                        const double*& p) {
    const int result = (size + 2 * padding - kernel) / 2 + 1;
    const double* bias = p + out * in * kernel * kernel;
    Image y;
    for (int o = 0; o < out; ++o) {
      for (int row = 0; row < result; ++row) {
        for (int column = 0; column < result; ++column) {
          double sum = bias[o];
          for (int i = 0; i < in; ++i) {
            for (int ky = 0; ky < kernel; ++ky) {
              for (int kx = 0; kx < kernel; ++kx) {
                const int r = 2 * row + ky - padding, c = 2 * column + kx - padding;
                if (r < 0 || r >= size || c < 0 || c >= size) continue;
                sum += p[((o * in + i) * kernel + ky) * kernel + kx] *
                       x[static_cast<std::size_t>((i * size + r) * size + c)];
              }
            }
          }
          y.push_back(sum);
        }
      }
    }
    size = result;
    p = bias + out;
    return y;
  }

  static Image multiply(const Image& x, int out, const double*& p) {
    const int in = static_cast<int>(x.size());
    const double* bias = p + out * in;
    Image y;
    for (int o = 0; o < out; ++o) {
      double sum = bias[o];
      for (int i = 0; i < in; ++i) sum += p[o * in + i] * x[static_cast<std::size_t>(i)];
      y.push_back(sum);
    }
    p = bias + out;
    return y;
  }

  static Image swish(Image x) {
    for (double& value : x) value = value / (1 + std::exp(-value));
    return x;
  }

  std::vector<double> parameters_;
};

}  // namespace naive
