// SPDX-License-Identifier: MIT
#include <ebm/energy/embedded.hpp>
#include <ebm/energy/neural.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/nn/sequential.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/message.hpp"

using namespace ebm;

namespace {

using Net = Sequential<Shape<2>, Linear<1>>;

constexpr float weight[] = {0x1.8p-1f, -2};
constexpr float bias[] = {0.1f};
constexpr EmbeddedTensor tensors[] = {{"linear1.bias", bias}, {"linear1.weight", weight}};

/// The message with which tensors are refused; the model must stay as it was.
std::string refusal(const std::vector<EmbeddedTensor>& embedded) {
  Neural<Net> energy(Rng{1});
  const std::vector<float> before(energy.parameters().begin(), energy.parameters().end());
  auto message = message_of<InvalidArgument>([&] { load_embedded(embedded, energy); });
  CHECK(std::ranges::equal(energy.parameters(), before));
  return message;
}

}  // namespace

TEST_CASE("embedded weights become an energy's parameters by their names") {
  Neural<Net> energy(Rng{1});
  load_embedded(tensors, energy);
  CHECK(std::ranges::equal(energy.parameters(), std::vector{0.75f, -2.0f, 0.1f}));
  Neural<Net, double> larger(Rng{1});
  load_embedded(tensors, larger);
  CHECK(larger.parameters()[2] == static_cast<double>(0.1f));
}

TEST_CASE("embedded weights that are not the energy's are refused with the name") {
  CHECK(refusal({tensors[0]}) == "load_embedded: expected the parameter 'linear1.weight' once");
  CHECK(refusal({tensors[0], tensors[1], tensors[0]}) ==
        "load_embedded: expected the parameter 'linear1.bias' once");
  CHECK(refusal({tensors[0], tensors[1], {"conv1.weight", weight}}) ==
        "load_embedded: the model has no parameter 'conv1.weight'");
  CHECK(refusal({tensors[1], {"linear1.bias", weight}}) ==
        "load_embedded: 'linear1.bias' has 2 values, expected 1");
  const float bad[] = {std::numeric_limits<float>::quiet_NaN()};
  CHECK(refusal({tensors[1], {"linear1.bias", bad}}) ==
        "load_embedded: number 0 of 'linear1.bias' is not finite");
}
