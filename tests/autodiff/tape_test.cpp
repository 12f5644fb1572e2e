// SPDX-License-Identifier: MIT
#include <array>
#include <ebm/autodiff/operations.hpp>
#include <vector>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"

using namespace ebm;

namespace {

using P = Pack<double>;

}  // namespace

TEST_CASE("the adjoint of a variable that is used twice adds up") {
  Tape<double> tape;
  const P value(3);
  const auto x = tape.input<Scalar>(&value)[0];
  tape.backward(x * x + x);
  CHECK(x.adjoint().lane(0) == 2 * 3 + 1);
}

TEST_CASE("each lane is weighted by its own seed") {
  alignas(P) double seeds[lanes];
  for (int lane = 0; lane < lanes; ++lane) seeds[lane] = lane - 5;
  Tape<double> tape;
  const P value(3);
  const auto x = tape.input<Scalar>(&value);
  tape.backward(square(x), P::load(seeds));
  for (int lane = 0; lane < lanes; ++lane) CHECK(x.adjoint().lane(lane) == 6 * (lane - 5));
}

TEST_CASE("rules run backwards, the last one first") {
  Tape<double> tape;
  std::vector<int> order;
  const P value(1);
  const auto x = tape.input<Scalar>(&value);
  for (int rule = 0; rule < 3; ++rule) {
    tape.on_backward([rule, to = &order] { to->push_back(rule); });
  }
  tape.backward(x);
  CHECK(order == std::vector{2, 1, 0});

  order.clear();
  tape.clear();
  tape.backward(tape.input<Scalar>(&value));
  CHECK(order.empty());
}

TEST_CASE("a tape that has been through one round allocates nothing in the next") {
  using S = Shape<3000>;
  Tape<double, Wrt::both> tape;
  const std::vector<P> values(S::size, P(0.5));
  std::vector<double> gradient(3);
  tape.set_parameter_gradient(gradient);
  const auto round = [&] {
    tape.clear();
    const auto x = tape.input<S>(values.data());
    auto sum = squared_norm(x);
    for (int i = 0; i < 1000; ++i) sum = sum + swish(x[i]) * 2.0;
    tape.backward(sum);
    return x[0].adjoint().lane(0);
  };
  const double first = round();
  CHECK(round() == first);  // gathers the chunks of the first round
  const std::size_t before = allocation_count();
  const double third = round();
  CHECK(allocation_count() == before);
  CHECK(third == first);
  CHECK(tape.parameter_gradient().data() == gradient.data());
}

TEST_CASE("a tape has adjoints only for what it differentiates") {
  const P value(2);
  Tape<double, Wrt::nothing> nothing;
  Tape<double, Wrt::inputs> inputs;
  Tape<double, Wrt::parameters> parameters;
  Tape<double, Wrt::both> both;
  const auto of_nothing = exp(nothing.input<Scalar>(&value) * 2.0);
  const auto of_parameters = exp(parameters.input<Scalar>(&value) * 2.0);
  STATIC_REQUIRE_FALSE(decltype(of_nothing)::active);
  STATIC_REQUIRE_FALSE(decltype(of_parameters)::active);
  CHECK(of_nothing.adjoint_data() == nullptr);
  CHECK(of_parameters.adjoint_data() == nullptr);
  CHECK(of_nothing.value().lane(3) == of_parameters.value().lane(3));

  STATIC_REQUIRE(decltype(inputs.input<Scalar>(&value))::active);
  STATIC_REQUIRE(decltype(both.input<Scalar>(&value))::active);
  CHECK(inputs.input<Scalar>(&value).adjoint().lane(0) == 0);
}

TEST_CASE("a constant takes part in a formula without an adjoint") {
  Tape<double> tape;
  const P three(3), four(4);
  const auto x = tape.input<Scalar>(&three);
  const auto constant = tape.make_var<Scalar, false>(&four);
  const auto product = constant * x;
  STATIC_REQUIRE(decltype(product)::active);
  STATIC_REQUIRE_FALSE(decltype(constant * constant)::active);
  tape.backward(product);
  CHECK(x.adjoint().lane(0) == 4);
}

TEST_CASE("an output of another tape is refused") {
  Tape<double> one, two;
  const P value(1);
  const auto x = one.input<Scalar>(&value);
  CHECK(message_of<InvalidArgument>([&] { two.backward(x); }) ==
        "Tape::backward: the output was recorded on another tape");
}

TEST_CASE("elements of a variable share its values and adjoints") {
  Tape<double> tape;
  const std::array<P, 3> values{P(1), P(2), P(3)};
  const auto x = tape.input<Shape<3>>(values.data());
  CHECK(x.size() == 3);
  CHECK(x[2].value().lane(0) == 3);
  tape.backward(x[1] * 5.0);
  CHECK(x.adjoint_data()[0].lane(0) == 0);
  CHECK(x.adjoint_data()[1].lane(0) == 5);
  CHECK(x.adjoint_data()[2].lane(0) == 0);
}

TEST_CASE("a pixel is found by channel, row and column") {
  using Image = Shape<2, 3, 4>;
  Tape<float> tape;
  Pack<float>* values = tape.allocate(Image::size);
  for (int i = 0; i < Image::size; ++i) values[i] = Pack<float>(static_cast<float>(i));
  const auto x = tape.input<Image>(values);
  CHECK(x(1, 2, 3).value().lane(0) == Image::offset(1, 2, 3));
  tape.backward(x(1, 0, 2));
  CHECK(x.adjoint_data()[Image::offset(1, 0, 2)].lane(0) == 1);
}
