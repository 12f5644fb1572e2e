// SPDX-License-Identifier: MIT
#include <ebm/nn/conv2d.hpp>
#include <ebm/nn/sequential.hpp>
#include <ebm/nn/upsample.hpp>
#include <type_traits>

#include "support/catch.hpp"
#include "support/golden_layer.hpp"

using namespace ebm;

namespace {

template <class Input, class Layer>
using Alone = Sequential<Input, Layer>;

}  // namespace

TEMPLATE_TEST_CASE("convolutions of odd sizes and their gradients are PyTorch's", "", float,
                   double) {
  using T = TestType;
  using K3 = Kernel<3>;
  using S2 = Stride<2>;
  using P1 = Padding<1>;
  check_golden_layer<Alone<Shape<1, 28, 28>, Conv2d<4, Kernel<5>, S2, Padding<4>>>, T>(
      "conv0_ic1_oc4_k5_s2_p4_28x28");
  check_golden_layer<Alone<Shape<3, 7, 9>, Conv2d<5, K3, Stride<1>, P1>>, T>(
      "conv1_ic3_oc5_k3_s1_p1_7x9");
  check_golden_layer<Alone<Shape<4, 8, 8>, Conv2d<8, K3, S2, P1>>, T>("conv2_ic4_oc8_k3_s2_p1_8x8");
  check_golden_layer<Alone<Shape<2, 5, 5>, Conv2d<3, Kernel<1>>>, T>("conv3_ic2_oc3_k1_s1_p0_5x5");
  check_golden_layer<Alone<Shape<6, 10, 6>, Conv2d<4, Kernel<4>, S2, P1>>, T>(
      "conv4_ic6_oc4_k4_s2_p1_10x6");
  check_golden_layer<Alone<Shape<5, 9, 9>, Conv2d<7, K3, S2>>, T>("conv5_ic5_oc7_k3_s2_p0_9x9");
  check_golden_layer<Alone<Shape<8, 6, 6>, Conv2d<8, Kernel<5>, Stride<1>, Padding<2>>>, T>(
      "conv6_ic8_oc8_k5_s1_p2_6x6");
  check_golden_layer<Alone<Shape<16, 16, 16>, Conv2d<1, K3, S2, P1>>, T>(
      "conv7_ic16_oc1_k3_s2_p1_16x16");
}

TEST_CASE("a stride and a padding may be given in any order, and either alone") {
  using Image = Shape<1, 9, 9>;
  const auto is_same = []<class A, class B>(std::type_identity<A>, std::type_identity<B>) {
    using One = typename A::template Bind<Image>;
    using Other = typename B::template Bind<Image>;
    return std::same_as<typename One::Output, typename Other::Output>;
  };
  using StrideFirst = Conv2d<2, Kernel<3>, Stride<2>, Padding<1>>;
  CHECK(is_same(std::type_identity<Conv2d<2, Kernel<3>, Padding<1>, Stride<2>>>{},
                std::type_identity<StrideFirst>{}));
  CHECK(is_same(std::type_identity<Conv2d<2, Kernel<3>, Padding<1>>>{},
                std::type_identity<Conv2d<2, Kernel<3>, Stride<1>, Padding<1>>>{}));
  CHECK(is_same(std::type_identity<ConvTranspose2d<2, Kernel<3>, Padding<1>>>{},
                std::type_identity<ConvTranspose2d<2, Kernel<3>, Stride<1>, Padding<1>>>{}));
  CHECK_FALSE(is_same(std::type_identity<Conv2d<2, Kernel<3>, Padding<1>>>{},
                      std::type_identity<Conv2d<2, Kernel<3>, Stride<1>>>{}));
}

TEST_CASE("a convolution's shape follows PyTorch's formula, axis by axis") {
  using Wide = Conv2d<7, Kernel<3, 5>, Stride<2, 1>, Padding<0, 2>>;
  STATIC_REQUIRE(std::same_as<Sequential<Shape<2, 9, 4>, Wide>::Output, Shape<7, 4, 4>>);
  const auto infos = Sequential<Shape<2, 9, 4>, Wide>::parameter_infos();
  CHECK(infos.at(0).shape == std::vector{7, 2, 3, 5});
  CHECK(infos.at(0).fan_in == 2 * 3 * 5);
  CHECK(infos.at(1).shape == std::vector{7});
}
