// SPDX-License-Identifier: MIT
#include <ebm/energy/neural.hpp>
#include <ebm/io/model.hpp>
#include <ebm/nn/linear.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace {

using ebm::Error;
using ebm::Neural;
using ebm::Rng;
using ebm::io::load_model;
using ebm::io::SafeTensors;
using ebm::io::save_model;

using Net = ebm::Sequential<ebm::Shape<3>, ebm::Linear<2>, ebm::Swish, ebm::Linear<1>>;

/// The message with which a file of `content` is refused; the model must stay as it was.
std::string refusal(const SafeTensors& content) {
  const TemporaryFolder folder;
  ebm::io::write_safetensors(folder / "model.safetensors", content);
  Neural<Net> model(Rng{1});
  const std::vector<float> before(model.parameters().begin(), model.parameters().end());
  auto message = message_of<Error>([&] { load_model(folder / "model.safetensors", model); });
  CHECK(std::ranges::equal(model.parameters(), before));
  return message;
}

bool holds(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

SafeTensors good() {
  SafeTensors content;
  content.add("linear1.weight", {2, 3}, std::vector<float>(6));
  content.add("linear1.bias", {2}, std::vector<float>(2));
  content.add("linear2.weight", {1, 2}, std::vector<float>(2));
  content.add("linear2.bias", {1}, std::vector<float>(1));
  return content;
}

}  // namespace

TEST_CASE("a saved model is read back bit by bit, and its energy with it") {
  const TemporaryFolder folder;
  const Neural<Net> saved(Rng{7});
  save_model(folder / "model.safetensors", saved, {{"epoch", "3"}});
  Neural<Net> read(Rng{8});
  load_model(folder / "model.safetensors", read);
  CHECK(std::ranges::equal(read.parameters(), saved.parameters()));
  ebm::Tape<float, ebm::Wrt::nothing> tape;
  ebm::Pack<float> x[3] = {0.5f, -1.0f, 2.0f};
  const auto input = tape.input<ebm::Shape<3>>(x);
  CHECK(read(input).value().lane(0) == saved(input).value().lane(0));
  const auto content = ebm::io::read_safetensors(folder / "model.safetensors");
  CHECK(content.metadata().at("epoch") == "3");
  CHECK(content.shape("linear1.weight") == ebm::io::TensorShape{2, 3});
}

TEST_CASE("a file of another model is refused and leaves the model as it was") {
  SafeTensors missing;
  missing.add("linear1.weight", {2, 3}, std::vector<float>(6));
  CHECK(holds(refusal(missing), "no tensor 'linear1.bias'"));

  SafeTensors extra = good();
  extra.add("linear3.bias", {1}, std::vector<float>(1));
  CHECK(holds(refusal(extra), "'linear3.bias', which the model does not have"));

  SafeTensors wrong_shape;
  wrong_shape.add("linear1.weight", {3, 2}, std::vector<float>(6));
  CHECK(holds(refusal(wrong_shape), "has shape [3, 2], expected [2, 3]"));

  SafeTensors wrong_type;
  wrong_type.add("linear1.weight", {2, 3}, std::vector<double>(6));
  CHECK(holds(refusal(wrong_type), "holds F64, expected F32"));

  SafeTensors broken;
  broken.add("linear1.weight", {2, 3},
             std::vector<float>(6, std::numeric_limits<float>::quiet_NaN()));
  CHECK(holds(refusal(broken), "'linear1.weight'"));
}

TEST_CASE("a model with a parameter that is not finite is not written") {
  const TemporaryFolder folder;
  Neural<Net> model(Rng{3});
  model.change_parameters(
      [](auto parameters) { parameters[1] = std::numeric_limits<float>::infinity(); });
  CHECK(message_of<ebm::InvalidArgument>([&] { save_model(folder / "model", model); }) ==
        "save_model: number 1 of parameter 'linear1.weight' is inf, expected a finite number");
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a file of floats is read into a model of doubles, and not the other way round") {
  const TemporaryFolder folder;
  const Neural<Net> small(Rng{3});
  Neural<Net, double> large(Rng{4});
  save_model(folder / "float", small);
  load_model(folder / "float", large);
  CHECK(std::ranges::equal(large.parameters(), small.parameters()));
  save_model(folder / "double", large);
  Neural<Net> again(Rng{5});
  CHECK(holds(message_of<Error>([&] { load_model(folder / "double", again); }),
              "holds F64, expected F32"));
}
