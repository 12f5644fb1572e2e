// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/nn/conv2d.hpp>
#include <ebm/nn/element_layer.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/nn/sequential.hpp>
#include <span>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/finite_differences.hpp"
#include "support/network_passes.hpp"
#include "support/random_samples.hpp"
#include "support/relative_error.hpp"
#include "support/tutorial_net.hpp"

using namespace ebm;

namespace {

/// Odd sizes, and a layer without an activation between others.
using OddImages =
    Sequential<Shape<3, 7, 5>, Conv2d<5, Kernel<3, 2>, Stride<2, 1>, Padding<1, 0>>, Swish,
               Conv2d<2, Kernel<2>>, Conv2d<4, Kernel<1>>, Swish, Flatten, Linear<3>, Linear<2>>;

/// Activations at the front and two in a row, and a linear layer with none.
using OddFeatures =
    Sequential<Shape<3>, Swish, Linear<2>, Swish, Swish, Linear<2>, Linear<1>, Swish>;

template <class Net>
std::vector<double> random_parameters() {
  return random_values<double>(static_cast<std::size_t>(Net::parameter_count), 1);
}

/// The sum of gy * y, whose gradients `run_network` gives.
template <class Net>
double weighted_sum(std::span<const double> parameters, const Samples<double>& x,
                    const Samples<double>& gy) {
  return run_network<Net, Wrt::nothing>(parameters, x, gy).y.cwiseProduct(gy).sum();
}

double swish(double x) {
  return x / (1 + std::exp(-x));
}

}  // namespace

TEST_CASE("parameters are named, shaped and ordered as in PyTorch") {
  STATIC_REQUIRE(TutorialNet::parameter_count == 76993);
  const std::vector<std::pair<std::string, std::vector<int>>> expected{
      {"conv1.weight", {16, 1, 5, 5}},  {"conv1.bias", {16}},
      {"conv2.weight", {32, 16, 3, 3}}, {"conv2.bias", {32}},
      {"conv3.weight", {64, 32, 3, 3}}, {"conv3.bias", {64}},
      {"conv4.weight", {64, 64, 3, 3}}, {"conv4.bias", {64}},
      {"linear1.weight", {64, 256}},    {"linear1.bias", {64}},
      {"linear2.weight", {1, 64}},      {"linear2.bias", {1}}};
  const auto infos = TutorialNet::parameter_infos();
  REQUIRE(infos.size() == expected.size());
  int offset = 0;
  for (std::size_t i = 0; i < infos.size(); ++i) {
    CHECK(infos[i].name == expected[i].first);
    CHECK(infos[i].shape == expected[i].second);
    CHECK(infos[i].offset == offset);
    int size = 1;
    for (const int extent : infos[i].shape) size *= extent;
    CHECK(infos[i].size == size);
    offset += size;
  }
  CHECK(offset == TutorialNet::parameter_count);
  CHECK(infos[0].fan_in == 25);
  CHECK(infos[1].fan_in == 25);
  CHECK(infos[8].fan_in == 256);
}

TEST_CASE("activations act where they stand: in front, twice in a row, and at the end") {
  const auto p = random_parameters<OddFeatures>();
  const auto x = random_samples<double>(5, 3, 2);
  const auto y =
      run_network<OddFeatures, Wrt::nothing, double>(p, x, Samples<double>::Zero(5, 1)).y;
  for (int sample = 0; sample < 5; ++sample) {
    const auto linear = [](const double* weight, const std::vector<double>& in, std::size_t out) {
      std::vector<double> result(weight + in.size() * out, weight + in.size() * out + out);  // bias
      for (std::size_t o = 0; o < out; ++o) {
        for (const double value : in) result[o] += *weight++ * value;
      }
      return result;
    };
    const auto activate = [](std::vector<double> values) {
      for (double& value : values) value = swish(value);
      return values;
    };
    const std::vector<double> in{x(sample, 0), x(sample, 1), x(sample, 2)};
    auto values = activate(activate(linear(p.data(), activate(in), 2)));
    values = activate(linear(p.data() + 14, linear(p.data() + 8, values, 2), 1));
    CHECK(y(sample, 0) == Approx(values[0]).epsilon(1e-13));
  }
}

TEST_CASE("Flatten keeps PyTorch's feature order, forward and backward") {
  using Net = Sequential<Shape<2, 3, 4>, Flatten>;
  const auto x = random_samples<float>(17, 24, 1), gy = random_samples<float>(17, 24, 2);
  const auto passes = run_network<Net, Wrt::inputs, float>({}, x, gy);
  CHECK(passes.y == x);
  CHECK(passes.gx == gy);

  using Activated = Sequential<Shape<2, 3, 4>, Flatten, Swish>;
  const auto activated = run_network<Activated, Wrt::inputs, float>({}, x, gy);
  const auto alone = run_network<Sequential<Shape<24>, Swish>, Wrt::inputs, float>({}, x, gy);
  CHECK(activated.y == alone.y);
  CHECK(activated.gx == alone.gx);
}

TEMPLATE_TEST_CASE("gradients are the finite differences of the network", "", OddImages,
                   OddFeatures) {
  using Net = TestType;
  constexpr int samples = 2;
  auto parameters = random_parameters<Net>();
  auto x = random_samples<double>(samples, Net::Input::size, 2);
  const auto gy = random_samples<double>(samples, Net::Output::size, 3);
  const auto passes = run_network<Net, Wrt::both, double>(parameters, x, gy);

  const auto f = [&] { return weighted_sum<Net>(parameters, x, gy); };
  const std::span inputs(x.data(), static_cast<std::size_t>(x.size()));
  CHECK(relative_error(passes.gx, central_differences(inputs, f)) < 1e-6);
  CHECK(relative_error(passes.parameter_gradient, central_differences(parameters, f)) < 1e-6);
}

TEST_CASE("a sample's result has the same bits in every lane and beside every neighbour") {
  const auto parameters = random_values<float>(OddImages::parameter_count, 1);
  const auto run = [&](const Samples<float>& x, const Samples<float>& gy) {
    return run_network<OddImages, Wrt::inputs, float>(parameters, x, gy);
  };
  constexpr int count = 19;  // one block and three lanes of another
  const auto x = random_samples<float>(count, OddImages::Input::size, 2);
  const auto gy = random_samples<float>(count, OddImages::Output::size, 3);
  const auto together = run(x, gy);
  for (int sample = 0; sample < count; ++sample) {
    const auto alone = run(x.row(sample), gy.row(sample));
    CHECK(alone.y == together.y.row(sample));
    CHECK(alone.gx == together.gx.row(sample));
  }
  const auto reversed = run(x.colwise().reverse(), gy.colwise().reverse());
  CHECK(reversed.y.colwise().reverse() == together.y);
  CHECK(reversed.gx.colwise().reverse() == together.gx);
}

TEST_CASE("what is differentiated changes no bit of the output") {
  const auto parameters = random_parameters<OddFeatures>();
  const auto x = random_samples<double>(3, OddFeatures::Input::size, 2);
  const auto gy = random_samples<double>(3, OddFeatures::Output::size, 3);
  const auto output = [&]<Wrt W>() {
    return run_network<OddFeatures, W, double>(parameters, x, gy).y;
  };
  const auto y = output.operator()<Wrt::nothing>();
  CHECK(output.operator()<Wrt::inputs>() == y);
  CHECK(output.operator()<Wrt::parameters>() == y);
  CHECK(output.operator()<Wrt::both>() == y);
}
