// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/nn/conv2d.hpp>
#include <ebm/nn/element_layer.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/nn/pooling.hpp>
#include <ebm/nn/residual.hpp>
#include <ebm/nn/sequential.hpp>

#include "support/catch.hpp"
#include "support/finite_differences.hpp"
#include "support/golden_network.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

namespace {

template <int Out>
using Conv3 = Conv2d<Out, Kernel<3>, Stride<1>, Padding<1>>;
template <int Out>
using Halving = Conv2d<Out, Kernel<3>, Stride<2>>;

/// Blocks first, last and twice in a row; the input goes into both branches of the first.
using OfFeatures = Sequential<Shape<3>, Residual<Linear<4>, Swish, Linear<3>>,
                              Residual<Linear<3>, Swish>, Linear<2>, Residual<Linear<2>>>;

/// A block in a block, at its start and at its end; activations around, between and doubled.
using Nested = Sequential<Shape<3>, Swish,
                          Residual<Residual<Linear<3>, Swish, Linear<3>>, Swish,
                                   Residual<Residual<Swish>, Linear<3>, Residual<Linear<3>>>>,
                          Swish, Swish, Residual<Swish, Linear<3>, Swish>, Swish>;

/// Shortcuts of several layers; their ends have activations, blocks, or nothing behind them.
using Shortcuts = Sequential<
    Shape<2, 5, 7>, Conv3<3>, Swish,
    Residual<Shortcut<AveragePool<Kernel<2>>, Conv2d<4, Kernel<1>>>, Conv3<2>, Swish, Halving<4>>,
    Swish, Residual<Shortcut<Conv2d<2, Kernel<1>>, Swish>, Conv3<2>, Swish>,
    Residual<Shortcut<Residual<Shortcut<Conv2d<3, Kernel<1>>>, Conv3<3>, Swish>>, Conv3<3>>, Swish,
    Residual<Shortcut<Flatten, Linear<4>>,
             Residual<Shortcut<Conv2d<2, Kernel<2>>>, Swish, Conv2d<2, Kernel<2>>>, Flatten,
             Linear<4>, Swish>>;

/// A shortcut from the input itself, beside a block that reads it too.
using FromInput =
    Sequential<Shape<2>, Residual<Shortcut<Linear<3>>,
                                  Residual<Shortcut<Linear<3>, Swish>, Swish, Linear<3>>, Swish>>;

template <class Net>
std::vector<double> random_parameters() {
  return random_values<double>(static_cast<std::size_t>(Net::parameter_count), 1);
}

}  // namespace

TEMPLATE_TEST_CASE("residual blocks and their gradients are PyTorch's", "", float, double) {
  using T = TestType;
  check_golden_network<Sequential<Shape<3, 5, 7>, Residual<Conv3<4>, Swish, Conv3<3>>, Swish>, T>(
      "residual");
  using Around = Shortcut<AveragePool<Kernel<2>>, Conv2d<5, Kernel<1>>>;
  check_golden_network<
      Sequential<Shape<3, 7, 9>, Residual<Around, Conv3<4>, Swish, Halving<5>>, Swish>, T>(
      "residual_shortcut");
}

TEMPLATE_TEST_CASE("gradients through branches are the finite differences, wherever blocks stand",
                   "", OfFeatures, Nested, Shortcuts, FromInput) {
  using Net = TestType;
  auto parameters = random_parameters<Net>();
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

TEMPLATE_TEST_CASE("what is differentiated changes no bit, though buffers are used again", "",
                   OfFeatures, Nested, Shortcuts, FromInput) {
  using Net = TestType;
  const auto parameters = random_parameters<Net>();
  const auto x = random_samples<double>(3, Net::Input::size, 2);
  const auto gy = random_samples<double>(3, Net::Output::size, 3);
  const auto run = [&]<Wrt W>() { return run_network<Net, W, double>(parameters, x, gy); };
  const auto both = run.template operator()<Wrt::both>();
  const auto inputs = run.template operator()<Wrt::inputs>();
  CHECK(run.template operator()<Wrt::nothing>().y == both.y);
  CHECK(inputs.y == both.y);
  CHECK(inputs.gx == both.gx);
  CHECK(run.template operator()<Wrt::parameters>().parameter_gradient == both.parameter_gradient);
}

TEST_CASE("a block adds its input to what its layers give") {
  using Layers = Sequential<Shape<3>, Linear<4>, Swish, Linear<3>>;
  using Block = Sequential<Shape<3>, Residual<Linear<4>, Swish, Linear<3>>>;
  const auto parameters = random_parameters<Layers>();
  const auto x = random_samples<double>(5, 3, 2), gy = random_samples<double>(5, 3, 3);
  const auto alone = run_network<Layers, Wrt::both, double>(parameters, x, gy);
  const auto block = run_network<Block, Wrt::both, double>(parameters, x, gy);
  CHECK(relative_error(block.y, (alone.y + x).eval()) < 1e-15);
  CHECK(relative_error(block.gx, (alone.gx + gy).eval()) < 1e-15);
  CHECK(block.parameter_gradient == alone.parameter_gradient);
}

TEST_CASE("layers in blocks are named, shaped and ordered block by block") {
  using Net =
      Sequential<Shape<1, 8, 8>, Conv3<2>, Residual<Conv3<2>, Swish, Conv3<2>>, Swish,
                 Residual<Shortcut<AveragePool<Kernel<2>>, Conv2d<4, Kernel<1>>>,
                          Residual<Conv3<2>>, Residual<Conv3<2>>, Conv2d<4, Kernel<2>, Stride<2>>>,
                 Flatten, Linear<1>>;
  std::vector<std::string> weights;
  int offset = 0;
  const auto infos = Net::parameter_infos();
  for (const auto& info : infos) {
    CHECK(info.offset == offset);
    offset += info.size;
    if (info.shape.size() > 1) weights.push_back(info.name);
  }
  CHECK(offset == Net::parameter_count);
  CHECK(weights == std::vector<std::string>{
                       "conv1.weight", "residual1.conv1.weight", "residual1.conv2.weight",
                       "residual2.shortcut.conv1.weight", "residual2.residual1.conv1.weight",
                       "residual2.residual2.conv1.weight", "residual2.conv1.weight",
                       "linear1.weight"});
  CHECK(infos.at(6).shape == std::vector{4, 2, 1, 1});
  CHECK(infos.at(7).name == "residual2.shortcut.conv1.bias");
  STATIC_REQUIRE(Net::multiply_adds ==
                 64 * 2 * 9 + 2 * 64 * 4 * 9 + 16 * 2 * 4 + 2 * 64 * 4 * 9 + 16 * 8 * 4 + 16 * 4);
}
