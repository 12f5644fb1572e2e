// SPDX-License-Identifier: MIT
#include <ebm/nn/pooling.hpp>
#include <ebm/nn/residual.hpp>
#include <ebm/nn/sequential.hpp>

#include "support/catch.hpp"
#include "support/tutorial_net.hpp"

using namespace ebm;

namespace {

/// Checks that applying the network takes the packs that were announced, and a rule beside them.
template <class Net, Wrt W, class T>
void check_recording() {
  const Frozen<Net, PrecisionOf<T>> frozen;
  Tape<T, W> tape;
  Pack<T>* values = tape.allocate(Net::Input::size);
  std::fill_n(values, Net::Input::size, Pack<T>(T(0)));
  const auto x = tape.template input<typename Net::Input>(values);
  const std::size_t before = tape.recorded_bytes();
  (void)Net::apply(frozen.weights(), x);
  const std::size_t packs = Net::template recorded_packs<W> * sizeof(Pack<T>);
  const std::size_t taken = tape.recorded_bytes() - before;
  CHECK(taken >= packs);
  CHECK(taken <= packs + 1024);
}

using Small = Sequential<Shape<3>, Linear<2>, Swish, Linear<4>, Linear<1>>;

using Block = Residual<Linear<4>, Swish, Linear<3>>;
using Tower = Sequential<Shape<3>, Block, Swish, Block, Swish, Block, Swish, Linear<1>>;

/// A value with an activation that two layers read, and a shortcut that ends in one.
using Branches = Sequential<Shape<3>, Linear<2>, Swish,
                            Residual<Shortcut<Linear<4>, Swish>, Linear<5>, Linear<4>>,
                            Residual<Shortcut<Linear<1>>, Linear<1>>>;

}  // namespace

TEMPLATE_TEST_CASE("a network takes the memory that it announces", "", float, double) {
  check_recording<TutorialNet, Wrt::inputs, TestType>();
  check_recording<TutorialNet, Wrt::parameters, TestType>();
  check_recording<TutorialNet, Wrt::nothing, TestType>();
  check_recording<Small, Wrt::both, TestType>();
  check_recording<Sequential<Shape<2>, Linear<1>>, Wrt::inputs, TestType>();
  check_recording<Tower, Wrt::inputs, TestType>();
  check_recording<Tower, Wrt::both, TestType>();
  check_recording<Branches, Wrt::nothing, TestType>();
  check_recording<Branches, Wrt::inputs, TestType>();
  check_recording<Branches, Wrt::both, TestType>();
}

TEST_CASE("a tower of blocks needs two buffers, however high: a sum takes the place of its input") {
  // Slopes; the adjoint of the last layer; the buffers of the inner layers and of the sums; the
  // score and its adjoint from outside.
  STATIC_REQUIRE(Tower::recorded_packs<Wrt::inputs> == 3 * (4 + 3) + 1 + (4 + 3) + 2);
}

TEST_CASE("both sides of a sum share its adjoint, and a slope that two layers wait for a sum") {
  // In the order of the stages: the layer before, the first shortcut, two layers, and one beside
  // the second shortcut, which has no adjoint of its own. Then what the sweep gets from outside,
  // and the sum for the layer before.
  STATIC_REQUIRE(Branches::recorded_packs<Wrt::both> ==
                 (2 + 4 + 5 + 4 + 1 + 1) + (2 + 4 + 5 + 4 + 1) + 1 + 2);
}

TEST_CASE("the working set of the tutorial's network is known at compile time") {
  // In packs of 64 bytes: chains and gradient 2 x 784; slopes 4096 + 2048 + 1024 + 256 + 256 + 64 +
  // 1; outputs in turn 4096 and 2048; score and its adjoint.
  constexpr std::size_t activations = 64 * (2 * 784 + 7745 + 4096 + 2048 + 2);
  constexpr std::size_t weights = 4 * Frozen<TutorialNet, Single>::size;
  STATIC_REQUIRE(working_set_bytes<TutorialNet>() == activations + weights);
  STATIC_REQUIRE(weights >= 4 * 2 * 76'672);  // both directions; biases once
}

TEST_CASE("multiply-adds are counted as papers do, padding included") {
  STATIC_REQUIRE(TutorialNet::multiply_adds == 856'128);
  STATIC_REQUIRE(Small::multiply_adds == 3 * 2 + 2 * 4 + 4 * 1);
}
