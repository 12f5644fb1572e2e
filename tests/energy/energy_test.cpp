// SPDX-License-Identifier: MIT
#include <ebm/energy/analytic.hpp>
#include <ebm/energy/energy.hpp>
#include <ebm/energy/neural.hpp>
#include <ebm/nn/linear.hpp>

#include "support/catch.hpp"

using namespace ebm;

namespace {

struct WithoutInput {
  template <class X>
  auto operator()(const X& x) const {
    return x[0];
  }
};

struct Vector {
  using Input = Shape<2>;
  template <class X>
  auto operator()(const X& x) const {
    return x;
  }
};

using Network = Neural<Sequential<Shape<2>, Linear<1>>>;

}  // namespace

TEST_CASE("an energy has an input shape and gives one number a sample") {
  STATIC_REQUIRE(Energy<Gaussian<2>, float>);
  STATIC_REQUIRE(Energy<Gaussian<2>, double>);
  STATIC_REQUIRE_FALSE(Energy<WithoutInput>);
  STATIC_REQUIRE_FALSE(Energy<Vector>);
}

TEST_CASE("a network is trainable, a Gaussian is not") {
  STATIC_REQUIRE(TrainableEnergy<Network>);
  STATIC_REQUIRE_FALSE(TrainableEnergy<Gaussian<2>>);
}

TEST_CASE("an energy whose parameters are double is no energy in float, and says so quietly") {
  using Double = Neural<Sequential<Shape<2>, Linear<1>>, double>;
  STATIC_REQUIRE(Energy<Double, double>);
  STATIC_REQUIRE_FALSE(Energy<Double, float>);
  STATIC_REQUIRE_FALSE(Energy<Network, double>);
}
