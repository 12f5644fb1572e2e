// SPDX-License-Identifier: MIT
#include <ebm/energy/evaluate.hpp>
#include <ebm/energy/neural.hpp>
#include <ebm/loss/contrastive_divergence.hpp>
#include <ebm/loss/loss_gradient.hpp>
#include <ebm/nn/bfloat16_weights.hpp>
#include <ebm/nn/spectral_norm.hpp>

#include "support/catch.hpp"
#include "support/random_samples.hpp"
#include "support/tutorial_net.hpp"

using namespace ebm;

TEST_CASE("a number goes to the nearest one of bfloat16, ties to even") {
  CHECK(rounded_to_bfloat16(1.0F) == 1.0F);
  CHECK(rounded_to_bfloat16(1.0F + 1.0F / 256) == 1.0F);               // a tie
  CHECK(rounded_to_bfloat16(1.0F + 3.0F / 256) == 1.0F + 4.0F / 256);  // a tie
  CHECK(rounded_to_bfloat16(1.0F + 1.01F / 256) == 1.0F + 2.0F / 256);
  CHECK(rounded_to_bfloat16(-3.14159265F) == -3.140625F);
  CHECK(rounded_to_bfloat16(0.0F) == 0.0F);
}

TEST_CASE("the parameter gradient is that of a model with rounded parameters, also after a norm") {
  using Net = Sequential<Shape<6>, SpectralNorm<Linear<8>>, Swish, Linear<1>>;
  const Neural<Net, Bfloat16Weights> model(Rng{1});
  Neural<Net> rounded(Rng{1});
  rounded.change_parameters([](std::span<float> parameters) {
    for (float& value : parameters) value = rounded_to_bfloat16(value);
  });
  const auto data = random_samples<float>(20, 6, 2), samples = random_samples<float>(20, 6, 3);
  const auto gradient_of = [&](const auto& energy) {
    std::vector<float> gradient(energy.parameters().size());
    Serial serial;
    LossGradient<float>{}(energy, ContrastiveDivergence<NoRegularizer>(), data, samples, serial,
                          std::span<float>(gradient));
    return gradient;
  };
  CHECK(gradient_of(model) == gradient_of(rounded));
}

TEST_CASE("weights of bfloat16 give the energies of a model with rounded parameters, bit by bit") {
  const Neural<TutorialNet, Bfloat16Weights> model(Rng{1});
  Neural<TutorialNet> rounded(Rng{1});
  rounded.change_parameters([](std::span<float> parameters) {
    for (float& value : parameters) value = rounded_to_bfloat16(value);
  });
  const auto images = random_samples<float>(20, TutorialNet::Input::size, 2);
  CHECK(energies(model, images) == energies(rounded, images));
  CHECK(energy_gradients(model, images) == energy_gradients(rounded, images));

  const Neural<TutorialNet> exact(Rng{1});
  CHECK(std::ranges::equal(model.parameters(), exact.parameters()));
  const Eigen::VectorXf difference = (energies(model, images) - energies(exact, images)).cwiseAbs();
  CHECK(difference.maxCoeff() > 0);
  CHECK(difference.maxCoeff() < 0.02F * energies(exact, images).cwiseAbs().maxCoeff());
}
