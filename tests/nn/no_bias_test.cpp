// SPDX-License-Identifier: MIT
#include <algorithm>
#include <ebm/nn/conv2d.hpp>
#include <ebm/nn/element_layer.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/nn/sequential.hpp>
#include <ebm/nn/spectral_norm.hpp>
#include <ebm/nn/upsample.hpp>

#include "support/catch.hpp"
#include "support/network_passes.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

namespace {

template <class... Bias>
using Network = Sequential<Shape<2, 6, 5>, Conv2d<5, Kernel<3>, Stride<2>, Padding<1>, Bias...>,
                           Swish, SpectralNorm<Conv2d<4, Kernel<1>, Bias...>>, Swish,
                           ConvTranspose2d<3, Kernel<2>, Bias..., Stride<2>>, Flatten,
                           Linear<7, Bias...>, Swish, Linear<1>>;

using With = Network<>;
using Without = Network<NoBias>;

}  // namespace

TEST_CASE("layers without a bias have none among their parameters") {
  std::vector<std::string> names;
  for (const ParameterInfo& info : Without::parameter_infos()) names.push_back(info.name);
  CHECK(names == std::vector<std::string>{"conv1.weight", "conv2.weight", "conv_transpose1.weight",
                                          "linear1.weight", "linear2.weight", "linear2.bias"});
  CHECK(Without::parameter_count == With::parameter_count - 5 - 4 - 3 - 7);
}

TEMPLATE_TEST_CASE("layers without a bias compute what those with zeros for one do, bit by bit", "",
                   float, double) {
  using T = TestType;
  const auto own = random_values<T>(static_cast<std::size_t>(Without::parameter_count), 1);
  std::vector<T> all(static_cast<std::size_t>(With::parameter_count));
  std::vector<std::size_t> places;  // of each of `own` among `all`
  const auto infos = Without::parameter_infos();
  for (const ParameterInfo& info : With::parameter_infos()) {
    const auto known = std::ranges::find(infos, info.name, &ParameterInfo::name);
    for (int i = 0; known != infos.end() && i < info.size; ++i) {
      places.push_back(static_cast<std::size_t>(info.offset + i));
    }
  }
  REQUIRE(places.size() == own.size());
  for (std::size_t i = 0; i < own.size(); ++i) all[places[i]] = own[i];

  const auto x = random_samples<T>(21, Without::Input::size, 2);
  const auto gy = random_samples<T>(21, 1, 3);
  const auto expected = run_network<With>(std::span<const T>(all), x, gy);
  const auto passes = run_network<Without>(std::span<const T>(own), x, gy);
  CHECK(passes.y == expected.y);
  CHECK(passes.gx == expected.gx);
  for (std::size_t i = 0; i < own.size(); ++i) {
    CAPTURE(i);
    CHECK(passes.parameter_gradient[i] == expected.parameter_gradient[places[i]]);
  }
}
