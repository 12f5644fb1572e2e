// SPDX-License-Identifier: MIT
#include <ebm/kernels/axis.hpp>
#include <map>
#include <set>
#include <tuple>

#include "support/catch.hpp"

using namespace ebm::kernels;

namespace {

/// Calls `f(extent, kernel, stride, padding)` for every geometry of a small convolution.
template <class F>
void for_each_geometry(const F& f) {
  for (int kernel = 1; kernel <= 7; ++kernel) {
    for (int stride = 1; stride <= 3; ++stride) {
      for (int padding = 0; padding <= 4; ++padding) {
        for (int extent = 1; extent <= 12; ++extent) {
          if (extent + 2 * padding >= kernel) f(extent, kernel, stride, padding);
        }
      }
    }
  }
}

/// How often each product (input, output, tap) was met.
using Products = std::map<std::tuple<int, int, int>, int>;

/// By the definition of a convolution: once each.
Products defined_products(int extent, int kernel, int stride, int padding) {
  Products products;
  for (int output = 0; output * stride - padding + kernel <= extent + padding; ++output) {
    for (int tap = 0; tap < kernel; ++tap) {
      const int input = output * stride - padding + tap;
      if (input >= 0 && input < extent) products[{input, output, tap}] = 1;
    }
  }
  return products;
}

}  // namespace

TEST_CASE("the forward axis meets each product of a convolution exactly once") {
  for_each_geometry([](int extent, int kernel, int stride, int padding) {
    CAPTURE(extent, kernel, stride, padding);
    const Axis axis = forward_axis(extent, kernel, stride, padding);
    Products met;
    for (int output = 0; output < axis.outputs; ++output) {
      for (int tap = axis.first_tap(output); tap < axis.last_tap(output); ++tap) {
        ++met[{axis.source(output, tap), output, tap}];
      }
    }
    CHECK(met == defined_products(extent, kernel, stride, padding));
  });
}

TEST_CASE("the outputs of a tap are those that meet it, in one run") {
  for_each_geometry([](int extent, int kernel, int stride, int padding) {
    CAPTURE(extent, kernel, stride, padding);
    const Axis axis = forward_axis(extent, kernel, stride, padding);
    Products met;
    for (int tap = 0; tap < kernel; ++tap) {
      for (int output = axis.first_output(tap); output < axis.last_output(tap); ++output) {
        ++met[{axis.source(output, tap), output, tap}];
      }
    }
    CHECK(met == defined_products(extent, kernel, stride, padding));
  });
}

TEST_CASE("the gradient axes together meet each product of a convolution exactly once") {
  for_each_geometry([](int extent, int kernel, int stride, int padding) {
    CAPTURE(extent, kernel, stride, padding);
    std::map<int, int> tap_of_slot;
    for (int tap = 0; tap < kernel; ++tap) tap_of_slot[gradient_slot(kernel, stride, tap)] = tap;
    Products met;
    for (int residue = 0; residue < stride; ++residue) {
      const Axis axis = gradient_axis(extent, kernel, stride, padding, residue);
      for (int q = 0; q < axis.outputs; ++q) {
        const int input = axis.output_first + q * axis.output_step;
        for (int t = axis.first_tap(q); t < axis.last_tap(q); ++t) {
          ++met[{input, axis.source(q, t), tap_of_slot.at(axis.first_slot + t)}];
        }
      }
    }
    CHECK(met == defined_products(extent, kernel, stride, padding));
  });
}

TEST_CASE("the gradient axes write each input exactly once") {
  for_each_geometry([](int extent, int kernel, int stride, int padding) {
    CAPTURE(extent, kernel, stride, padding);
    std::map<int, int> written, once;
    for (int input = 0; input < extent; ++input) once[input] = 1;
    for (int residue = 0; residue < stride; ++residue) {
      const Axis axis = gradient_axis(extent, kernel, stride, padding, residue);
      for (int q = 0; q < axis.outputs; ++q) ++written[axis.output_first + q * axis.output_step];
    }
    CHECK(written == once);
  });
}

TEST_CASE("gradient slots are a permutation of the taps") {
  for (int kernel = 1; kernel <= 9; ++kernel) {
    for (int stride = 1; stride <= 4; ++stride) {
      CAPTURE(kernel, stride);
      std::set<int> slots;
      for (int tap = 0; tap < kernel; ++tap) slots.insert(gradient_slot(kernel, stride, tap));
      CHECK(slots.size() == static_cast<std::size_t>(kernel));
      CHECK(*slots.begin() == 0);
      CHECK(*slots.rbegin() == kernel - 1);
    }
  }
}
