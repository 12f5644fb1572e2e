// SPDX-License-Identifier: MIT
#include <ebm/core/eigen.hpp>  // first: it silences what g++ 12 warns of in Eigen

#include <Eigen/SVD>
#include <cmath>
#include <ebm/nn/element_layer.hpp>
#include <ebm/nn/parameters.hpp>
#include <ebm/nn/residual.hpp>
#include <ebm/nn/sequential.hpp>
#include <ebm/nn/spectral_norm.hpp>

#include "support/catch.hpp"
#include "support/finite_differences.hpp"
#include "support/golden_network.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

namespace {

/// Enough steps for every weight of these tests.
template <class Layer>
using Converged = SpectralNorm<Layer, 2000>;

using ConvolutionAlone =
    Sequential<Shape<3, 7, 5>, Converged<Conv2d<6, Kernel<3>, Stride<2>, Padding<1>>>>;
using LinearAlone = Sequential<Shape<11>, Converged<Linear<5>>>;
using Mixed = Sequential<Shape<2, 4, 4>, Converged<Conv2d<3, Kernel<3>>>, Swish,
                         Residual<Converged<Conv2d<3, Kernel<1>>>, Swish>, Flatten, Linear<17>,
                         Swish, Converged<Linear<1>>>;

/// y - b of a linear layer for the unit vectors: the weight that it uses.
template <class Net>
Samples<double> used_weight(const std::vector<double>& parameters) {
  constexpr int in = Net::Input::size, out = Net::Output::size;
  const auto y = run_network<Net, Wrt::nothing, double>(
                     parameters, Samples<double>::Identity(in, in), Samples<double>::Zero(in, out))
                     .y;
  const Eigen::Map<const Eigen::RowVectorXd> bias(parameters.data() + in * out, out);
  return (y.rowwise() - bias).transpose();
}

double largest_singular_value(const Samples<double>& matrix) {
  return Eigen::JacobiSVD<Samples<double>>(matrix).singularValues()[0];
}

}  // namespace

TEMPLATE_TEST_CASE("spectrally normalised layers and their gradients are PyTorch's", "", float,
                   double) {
  check_golden_network<ConvolutionAlone, TestType>("spectral_conv");
  check_golden_network<LinearAlone, TestType>("spectral_linear");
}

TEMPLATE_TEST_CASE("gradients through the norm are the finite differences", "", ConvolutionAlone,
                   LinearAlone, Mixed) {
  using Net = TestType;
  auto parameters = random_values<double>(static_cast<std::size_t>(Net::parameter_count), 1);
  auto x = random_samples<double>(2, Net::Input::size, 2);
  const auto gy = random_samples<double>(2, Net::Output::size, 3);
  const auto passes = run_network<Net, Wrt::both, double>(parameters, x, gy);
  const auto f = [&] {
    return run_network<Net, Wrt::nothing, double>(parameters, x, gy).y.cwiseProduct(gy).sum();
  };
  const std::span inputs(x.data(), static_cast<std::size_t>(x.size()));
  CHECK(relative_error(passes.gx, central_differences(inputs, f)) < 1e-6);
  CHECK(relative_error(passes.parameter_gradient, central_differences(parameters, f)) < 1e-6);
}

TEST_CASE("the largest singular value of the weight in use is 1, whatever the parameter's") {
  auto parameters = random_values<double>(LinearAlone::parameter_count, 4);
  CHECK(largest_singular_value(used_weight<LinearAlone>(parameters)) == Approx(1).epsilon(1e-12));
  auto larger = parameters;
  for (double& value : larger) value *= 1000;
  CHECK(relative_error(used_weight<LinearAlone>(larger), used_weight<LinearAlone>(parameters)) <
        1e-12);
}

TEST_CASE("100 steps find the norm of a weight as networks start with to 1.5 %") {
  using Net = Sequential<Shape<576>, SpectralNorm<Linear<64>>>;
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    std::vector<double> parameters(Net::parameter_count);
    KaimingUniform{}(Net::parameter_infos(), Rng{seed}, std::span(parameters));
    const double norm = largest_singular_value(used_weight<Net>(parameters));
    CHECK(norm >= 1);  // sigma is never found too large
    CHECK(norm < 1.015);
  }
}

TEST_CASE("a zero weight stays zero, with a gradient that leads away from it") {
  std::vector<double> parameters(LinearAlone::parameter_count);
  const auto x = random_samples<double>(2, 11, 1), gy = random_samples<double>(2, 5, 2);
  const auto passes = run_network<LinearAlone, Wrt::both, double>(parameters, x, gy);
  CHECK(passes.y == Samples<double>::Zero(2, 5));
  CHECK(passes.gx == Samples<double>::Zero(2, 11));
  const Samples<double> expected = gy.transpose() * x;
  CHECK(relative_error(std::span(passes.parameter_gradient).first(55), expected) < 1e-14);
}

TEST_CASE("a normalised layer has the names, the shapes and the arithmetic of the layer in it") {
  using Plain = Sequential<Shape<2, 4, 4>, Conv2d<3, Kernel<3>>, Swish, Flatten, Linear<2>>;
  using Normed = Sequential<Shape<2, 4, 4>, SpectralNorm<Conv2d<3, Kernel<3>>>, Swish, Flatten,
                            SpectralNorm<Linear<2>, 9>>;
  const auto plain = Plain::parameter_infos(), normed = Normed::parameter_infos();
  REQUIRE(plain.size() == normed.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    CHECK(plain[i].name == normed[i].name);
    CHECK(plain[i].shape == normed[i].shape);
    CHECK(plain[i].offset == normed[i].offset);
  }
  STATIC_REQUIRE(Plain::multiply_adds == Normed::multiply_adds);
  // u of 3 and 2 outputs, v of 18 and 12 inputs, 1 / sigma, each in whole packs.
  STATIC_REQUIRE(ebm::Frozen<Normed, ebm::Single>::size ==
                 ebm::Frozen<Plain, ebm::Single>::size + 16 * (1 + 2 + 1) + 16 * (1 + 1 + 1));
}
