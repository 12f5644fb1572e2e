// SPDX-License-Identifier: MIT
#include <ebm/nn/add_condition.hpp>
#include <ebm/nn/concat.hpp>
#include <ebm/nn/conv2d.hpp>
#include <ebm/nn/element_layer.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/nn/normalization.hpp>
#include <ebm/nn/pooling.hpp>
#include <ebm/nn/residual.hpp>
#include <ebm/nn/self_attention.hpp>
#include <ebm/nn/sequential.hpp>
#include <ebm/nn/softmax.hpp>
#include <ebm/nn/upsample.hpp>

#include "support/catch.hpp"
#include "support/finite_differences.hpp"
#include "support/golden_network.hpp"
#include "support/random_samples.hpp"

using namespace ebm;

namespace {

template <int Out>
using Conv3x3 = Conv2d<Out, Kernel<3>, Stride<1>, Padding<1>>;
template <int Out>
using Down = Conv2d<Out, Kernel<4>, Stride<2>, Padding<1>>;
template <int Out>
using Up = ConvTranspose2d<Out, Kernel<4>, Stride<2>, Padding<1>>;

using UNet = Sequential<Shape<1, 8, 8>, Conv3x3<4>, Swish,
                        Concat<Down<6>, Swish, Concat<Down<6>, Gelu, Up<3>>, Up<3>, Swish>,
                        Conv2d<2, Kernel<3>>, GroupNorm<1>, Swish, Flatten, Linear<1>>;

using WithClass = Sequential<Conditioned<Shape<1, 6, 6>, Shape<3>>, Conv3x3<4>, AddCondition, Swish,
                             Residual<Conv3x3<4>, AddCondition, Swish, Conv2d<4, Kernel<1>>>,
                             AddCondition, Swish, Flatten, Linear<1>>;

template <class L, class T>
void check_activation(const char* name) {
  check_golden_derivatives<Sequential<Shape<40>, L>, T>(name);
}

}  // namespace

TEMPLATE_TEST_CASE("activations, their slopes and curvatures are PyTorch's", "", float, double) {
  using T = TestType;
  check_activation<Relu, T>("act_relu");
  check_activation<LeakyRelu<>, T>("act_leaky_relu");
  check_activation<Softplus, T>("act_softplus");
  check_activation<Elu, T>("act_elu");
  check_activation<Gelu, T>("act_gelu");
  check_activation<Tanh, T>("act_tanh");
  check_activation<Swish, T>("act_swish");
}

TEMPLATE_TEST_CASE("normalisations and their derivatives are PyTorch's", "", float, double) {
  using T = TestType;
  check_golden_derivatives<Sequential<Shape<6, 5, 3>, GroupNorm<2>>, T>("group_norm");
  check_golden_derivatives<Sequential<Shape<12>, GroupNorm<3>>, T>("group_norm_flat");
  check_golden_derivatives<Sequential<Shape<4, 5, 3>, LayerNorm<>>, T>("layer_norm");
  check_golden_derivatives<Sequential<Shape<11>, LayerNorm<>>, T>("layer_norm_flat");
}

TEMPLATE_TEST_CASE("maxima over windows, softmax and their derivatives are PyTorch's", "", float,
                   double) {
  using T = TestType;
  check_golden_derivatives<Sequential<Shape<3, 7, 9>, MaxPool<Kernel<2>>>, T>("max_pool_k2");
  check_golden_derivatives<Sequential<Shape<2, 8, 7>, MaxPool<Kernel<3, 2>, Stride<2, 1>>>, T>(
      "max_pool_k3x2_s2x1");
  check_golden_derivatives<Sequential<Shape<5, 4, 3>, Softmax>, T>("softmax");
  check_golden_derivatives<Sequential<Shape<7>, Softmax>, T>("softmax_flat");
}

TEMPLATE_TEST_CASE("attention over positions and its derivatives are PyTorch's", "", float,
                   double) {
  using T = TestType;
  check_golden_derivatives<Sequential<Shape<4, 3, 4>, SelfAttention<1>>, T>("attention_1");
  check_golden_derivatives<Sequential<Shape<6, 2, 5>, SelfAttention<3>>, T>("attention_3");
}

TEMPLATE_TEST_CASE("layers that go up in size and their derivatives are PyTorch's", "", float,
                   double) {
  using T = TestType;
  check_golden_derivatives<Sequential<Shape<3, 4, 3>, Up<5>>, T>("conv_transpose_k4_s2_p1");
  check_golden_derivatives<Sequential<Shape<17, 2, 3>, ConvTranspose2d<2, Kernel<2>, Stride<3>>>,
                           T>("conv_transpose_k2_s3_p0");
  check_golden_derivatives<
      Sequential<Shape<2, 6, 3>, ConvTranspose2d<18, Kernel<5, 3>, Stride<1, 2>, Padding<2, 1>>>,
      T>("conv_transpose_k5x3_s1x2_p2x1");
  check_golden_derivatives<Sequential<Shape<3, 4, 3>, Upsample<2>>, T>("upsample_2");
  check_golden_derivatives<Sequential<Shape<2, 2, 5>, Upsample<3, 2>>, T>("upsample_3x2");
}

TEMPLATE_TEST_CASE("a U-Net and a network with a condition, and their derivatives, are PyTorch's",
                   "", float, double) {
  check_golden_derivatives<UNet, TestType>("u_net");
  check_golden_derivatives<WithClass, TestType>("conditioned");
}

TEST_CASE("new shapes follow PyTorch's formulas") {
  STATIC_REQUIRE(
      std::same_as<Sequential<Shape<2, 9, 4>, MaxPool<Kernel<3, 2>, Stride<2, 1>>>::Output,
                   Shape<2, 4, 3>>);
  STATIC_REQUIRE(std::same_as<Sequential<Shape<2, 9, 4>, Up<7>>::Output, Shape<7, 18, 8>>);
  STATIC_REQUIRE(
      std::same_as<Sequential<Shape<2, 9, 4>, Upsample<2, 3>>::Output, Shape<2, 18, 12>>);
  STATIC_REQUIRE(
      std::same_as<Sequential<Shape<2, 9, 4>, Concat<Conv3x3<5>>>::Output, Shape<7, 9, 4>>);
}

TEST_CASE("scales start as ones, shifts as zeros, and do not take draws from other layers") {
  using Net = Sequential<Shape<4>, Linear<4>, GroupNorm<2>, Linear<1>>;
  const auto infos = Net::parameter_infos();
  REQUIRE(infos.size() == 6);
  CHECK(infos[2].name == "norm1.weight");
  CHECK(infos[2].initial == Initial::ones);
  CHECK(infos[3].initial == Initial::zeros);
}

TEST_CASE("what is needed on the way back is kept, and changes no bit of what is differentiated") {
  // A value that a sum's slope waits for, and that a normalisation reads again.
  using Net =
      Sequential<Shape<4, 5, 3>, Conv2d<4, Kernel<3>>, Swish,
                 Residual<Shortcut<GroupNorm<2>, Conv2d<2, Kernel<1>>>, Conv2d<2, Kernel<1>>>,
                 Residual<SelfAttention<1>>, Flatten, Linear<1>>;
  const auto x = random_samples<double>(5, Net::Input::size, 1);
  const auto gy = random_samples<double>(5, 1, 2);
  const auto parameters = random_values<double>(Net::parameter_count, 3);
  const auto both = run_network<Net, Wrt::both, double>(parameters, x, gy);
  const auto inputs = run_network<Net, Wrt::inputs, double>(parameters, x, gy);
  CHECK(both.gx == inputs.gx);
  CHECK(both.y == run_network<Net, Wrt::nothing, double>(parameters, x, gy).y);
  auto moving = x;
  const auto differences =
      central_differences(std::span(moving.data(), static_cast<std::size_t>(moving.size())), [&] {
        return run_network<Net, Wrt::nothing, double>(parameters, moving, gy)
            .y.cwiseProduct(gy)
            .sum();
      });
  CHECK(relative_error(inputs.gx, differences) < 1e-6);
}
