// SPDX-License-Identifier: MIT
#include <ebm/nn/element_layer.hpp>
#include <ebm/nn/pooling.hpp>
#include <ebm/nn/sequential.hpp>

#include "support/catch.hpp"
#include "support/finite_differences.hpp"
#include "support/golden_network.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

TEMPLATE_TEST_CASE("means over windows of odd sizes and their gradients are PyTorch's", "", float,
                   double) {
  using T = TestType;
  check_golden_network<Sequential<Shape<3, 7, 9>, AveragePool<Kernel<2>>>, T>(
      "avgpool0_c3_k2x2_s2x2_7x9");
  check_golden_network<Sequential<Shape<2, 8, 7>, AveragePool<Kernel<3>, Stride<2>>>, T>(
      "avgpool1_c2_k3x3_s2x2_8x7");
  check_golden_network<Sequential<Shape<17, 6, 5>, AveragePool<Kernel<3, 2>, Stride<1, 3>>>, T>(
      "avgpool2_c17_k3x2_s1x3_6x5");
  check_golden_network<Sequential<Shape<4, 4, 4>, AveragePool<Kernel<4>>>, T>(
      "avgpool3_c4_k4x4_s4x4_4x4");
  check_golden_network<Sequential<Shape<4, 4, 4>, GlobalAveragePool>, T>(
      "avgpool3_c4_k4x4_s4x4_4x4");
}

TEMPLATE_TEST_CASE(
    "the gradient of pooling is its finite differences, windows apart or overlapping", "",
    (AveragePool<Kernel<2>, Stride<3>>), (AveragePool<Kernel<3, 4>, Stride<2, 1>>),
    (AveragePool<Kernel<1>, Stride<2>>), (AveragePool<Kernel<5, 7>>), GlobalAveragePool) {
  using Net = Sequential<Shape<2, 5, 7>, TestType, Swish>;
  auto x = random_samples<double>(3, Net::Input::size, 1);
  const auto gy = random_samples<double>(3, Net::Output::size, 2);
  const auto passes = run_network<Net, Wrt::inputs, double>({}, x, gy);
  const auto differences = central_differences(
      std::span(x.data(), static_cast<std::size_t>(x.size())),
      [&] { return run_network<Net, Wrt::nothing, double>({}, x, gy).y.cwiseProduct(gy).sum(); });
  CHECK(relative_error(passes.gx, differences) < 1e-6);
}

TEST_CASE("pooling's shape follows PyTorch's formula and has no parameters") {
  STATIC_REQUIRE(
      std::same_as<Sequential<Shape<2, 9, 4>, AveragePool<Kernel<2>>>::Output, Shape<2, 4, 2>>);
  STATIC_REQUIRE(
      std::same_as<Sequential<Shape<2, 9, 4>, AveragePool<Kernel<3, 2>, Stride<2, 1>>>::Output,
                   Shape<2, 4, 3>>);
  STATIC_REQUIRE(std::same_as<Sequential<Shape<7, 9, 4>, GlobalAveragePool>::Output, Shape<7>>);
  STATIC_REQUIRE(Sequential<Shape<2, 9, 4>, AveragePool<Kernel<2>>>::parameter_count == 0);
}
