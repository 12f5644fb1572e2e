// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <ebm/energy/neural.hpp>
#include <ebm/io/model.hpp>
#include <ebm/nn/sequential.hpp>
#include <ebm/parallel/threads.hpp>
#include <ebm/train/trainer.hpp>

#include "../../examples/mnist/network.hpp"
#include "support/batch_loss.hpp"
#include "support/catch.hpp"
#include "support/random_samples.hpp"
#include "support/temporary_folder.hpp"

namespace {

using ebm::ContrastiveDivergence;
using ebm::Neural;
using ebm::Rng;
using ebm::Samples;
using ebm::Serial;
using Net = ebm_mnist::ResidualNetwork;
constexpr int pixels = Net::Input::size;

/// The parameters after four steps of training on noise.
std::vector<float> trained(int threads) {
  Neural<Net> model(Rng{1});
  ebm::Threads executor(threads);
  ebm::Trainer trainer(model, ebm::Recipe{.steps = 3, .epochs = 2, .batch = 40}, executor);
  trainer.fit(random_samples<float>(80, pixels, 1));
  const auto parameters = model.parameters();
  return {parameters.begin(), parameters.end()};
}

}  // namespace

TEST_CASE("the residual network is a few times the tutorial's, not tens") {
  using Tutorial = ebm_mnist::Network;
  STATIC_REQUIRE(Net::parameter_count == 142'689);
  STATIC_REQUIRE(Net::multiply_adds == 3'182'656);
  STATIC_REQUIRE(Net::multiply_adds < 4 * Tutorial::multiply_adds);
  STATIC_REQUIRE(ebm::working_set_bytes<Net>() < 2.1 * ebm::working_set_bytes<Tutorial>());
}

TEST_CASE("the residual network's scores start near zero") {
  const auto images = random_samples<float>(32, pixels, 1);
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    CHECK(ebm::energies(Neural<Net>(Rng{seed}), images).cwiseAbs().maxCoeff() < 0.5f);
  }
}

TEST_CASE("the residual network's loss gradient is the finite difference in every tensor") {
  Neural<Net, double> energy(Rng{2});
  BatchLoss loss(energy, random_samples<double>(2, pixels, 1),
                 random_samples<double>(3, pixels, 2));
  const auto gradient = loss.gradient();
  // Along a random direction in one tensor at a time.
  for (const auto& info : energy.parameter_infos()) {
    CAPTURE(info.name);
    const auto size = static_cast<std::size_t>(info.size);
    const auto offset = static_cast<std::size_t>(info.offset);
    const auto direction = random_values<double>(size, offset);
    double slope = 0;
    for (std::size_t i = 0; i < size; ++i) slope += gradient[offset + i] * direction[i];
    const auto loss_at = [&](double distance) {
      const auto move = [&](double by) {
        energy.change_parameters([&](std::span<double> parameters) {
          for (std::size_t i = 0; i < size; ++i) parameters[offset + i] += by * direction[i];
        });
      };
      move(distance);
      const double value = loss.value();
      move(-distance);
      return value;
    };
    constexpr double h = 1e-5;
    const double difference = (loss_at(h) - loss_at(-h)) / (2 * h);
    CHECK(std::abs(slope - difference) < 1e-6 * std::abs(slope) + 1e-9);
  }
}

TEST_CASE("the residual network trains to the same finite bits with 1, 2 and 3 threads") {
  const auto parameters = trained(1);
  CHECK(std::ranges::all_of(parameters, [](float value) { return std::isfinite(value); }));
  const Neural<Net> untrained(Rng{1});
  CHECK_FALSE(std::ranges::equal(parameters, untrained.parameters()));
  CHECK(trained(2) == parameters);
  CHECK(trained(3) == parameters);
}

TEST_CASE("a few steps teach the residual network to score data over noise") {
  Neural<Net> model(Rng{1});
  ebm::Threads executor(2);
  ebm::Trainer trainer(
      model,
      ebm::Recipe{
          .steps = 3, .optimizer = ebm::Adam{{.learning_rate = 1e-3}}, .epochs = 10, .batch = 32},
      executor);
  const Samples<float> data = Samples<float>::Constant(64, pixels, -0.9f);
  const auto noise = random_samples<float>(64, pixels, 3);
  const auto lead = [&] {
    return ebm::energies(model, noise).mean() - ebm::energies(model, data).mean();
  };
  const float before = lead();
  trainer.fit(data);
  CHECK(lead() > before + 0.1f);
}

TEST_CASE("the residual network's nested names go to a file and back") {
  const TemporaryFolder folder;
  const Neural<Net> saved(Rng{7});
  ebm::io::save_model(folder / "model.safetensors", saved);
  Neural<Net> read(Rng{8});
  ebm::io::load_model(folder / "model.safetensors", read);
  CHECK(std::ranges::equal(read.parameters(), saved.parameters()));
  const auto images = random_samples<float>(3, pixels, 1);
  CHECK(ebm::energies(read, images) == ebm::energies(saved, images));
  const auto content = ebm::io::read_safetensors(folder / "model.safetensors");
  CHECK(content.tensors().size() == 22);
  CHECK(content.shape("conv1.weight") == ebm::io::TensorShape{16, 1, 5, 5});
  CHECK(content.shape("residual1.conv2.weight") == ebm::io::TensorShape{16, 16, 3, 3});
  CHECK(content.shape("residual3.shortcut.conv1.weight") == ebm::io::TensorShape{64, 32, 1, 1});
  CHECK(content.shape("linear2.bias") == ebm::io::TensorShape{1});
}
