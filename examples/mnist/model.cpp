// SPDX-License-Identifier: MIT
#include "model.hpp"

#include <algorithm>
#include <cmath>
#include <ebm/energy/combine.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/energy/likelihood.hpp>
#include <ebm/energy/neural.hpp>
#include <ebm/eval/corruptions.hpp>
#include <ebm/io/model.hpp>
#include <ebm/sampler/langevin.hpp>
#include <ebm/sampler/replay_buffer.hpp>
#include <variant>

#include "compiled_networks.hpp"

namespace ebm_mnist {

static_assert(pixels == Network::Input::size && pixels == ResidualNetwork::Input::size);

struct Model::Networks {
  std::variant<ebm::Neural<Network>, ebm::Neural<ResidualNetwork>> any;
};

Model load(const std::filesystem::path& path) {
  std::error_code unknown;  // whatever can't be asked for fails with its reason when read
  if (!std::filesystem::exists(path, unknown)) {
    throw ebm::Error(
        ebm::sentence("there is no model file ", ebm::io::quoted(path), ": choose one by --model"));
  }
  // Only the residual network has parameters of that name.
  const bool is_residual = ebm::io::read_safetensors(path).contains("residual1.conv1.weight");
  const auto networks = std::make_shared<Model::Networks>();
  if (is_residual) networks->any.emplace<ebm::Neural<ResidualNetwork>>();
  std::visit([&](auto& network) { ebm::io::load_model(path, network); }, networks->any);
  return Model(networks);
}

namespace {

/// E(x) of each image.
Eigen::VectorXf energies_of(const Model& model, const ebm::ConstSamplesRef<float>& images,
                            ebm::Threads& threads) {
  return std::visit([&](const auto& energy) { return ebm::energies(energy, images, threads); },
                    model.networks().any);
}

}  // namespace

std::vector<double> scores(const Model& model, const ebm::ConstSamplesRef<float>& images,
                           const std::string& name, ebm::Threads& threads) {
  const Eigen::VectorXd f = -energies_of(model, images, threads).cast<double>();
  for (Eigen::Index i = 0; i < f.size(); ++i) {
    if (std::isfinite(f[i])) continue;
    throw ebm::Error(ebm::sentence("the model gives image ", i, " of ", name, " the score ", f[i],
                                   ", expected a finite number"));
  }
  return {f.begin(), f.end()};
}

ebm::Samples<float> noise_images(int count, ebm::Rng rng) {
  ebm::Samples<float> images(count, pixels);
  ebm::ReplayBuffer<float>(pixels, {.capacity = 1}).draw(images, rng, 0);  // empty: all fresh
  return images;
}

Chains run_chains(const Model& model, int count, const ebm::LangevinOptions& options, int every,
                  ebm::Rng rng, ebm::Threads& threads) {
  Chains chains;
  chains.final = noise_images(count, rng);
  const ebm::Langevin sampler(options);
  ebm::Workspace<float> workspace;
  if (every > 0) chains.trace.push_back(chains.final);
  std::visit(
      [&](const auto& energy) {
        if (every == 0) {
          sampler.run<float>(energy, chains.final, 0, rng, threads, workspace);
          return;
        }
        for (auto& snapshot :
             sampler.trace<float>(energy, chains.final, every, 0, rng, threads, workspace)) {
          chains.trace.push_back(std::move(snapshot));
        }
      },
      model.networks().any);
  return chains;
}

ebm::Samples<float> denoise(const Model& model, const ebm::Samples<float>& noisy,
                            const Denoising& denoising, int chains,
                            const ebm::LangevinOptions& options, ebm::Rng rng,
                            ebm::Threads& threads) {
  const auto [deviation, temperature] = denoising;
  ebm::LangevinOptions bounded = options;
  // Twice this is where steps down the likelihood alone would overshoot ever further.
  if (temperature > 0) {
    bounded.step_size = std::min(options.step_size, deviation * deviation / temperature);
  }
  const ebm::Langevin sampler(bounded);
  ebm::Samples<float> result(noisy.rows(), noisy.cols());
  std::vector<ebm::Workspace<float>> workspaces(static_cast<std::size_t>(threads.workers()));
  const auto restore = [&](const auto& network, int image, int worker) {
    using Input = typename std::remove_cvref_t<decltype(network)>::Input;
    const auto energy = ebm::reference(network) +
                        temperature * ebm::GaussianLikelihood<Input>(noisy.row(image), deviation);
    ebm::Samples<float> states = noisy.row(image).replicate(chains, 1);
    ebm::Serial serial;  // images are parallel already
    sampler.run<float>(energy, states,
                       static_cast<std::uint64_t>(image) * static_cast<std::uint64_t>(chains), rng,
                       serial, workspaces[static_cast<std::size_t>(worker)]);
    auto mean = result.row(image);
    mean.setZero();
    // One after the other: Eigen's own mean has another order on each processor.
    for (int chain = 0; chain < chains; ++chain) mean += states.row(chain);
    mean /= static_cast<float>(chains);
  };
  threads.for_each(static_cast<int>(noisy.rows()), [&](int image, int worker) {
    std::visit([&](const auto& network) { restore(network, image, worker); }, model.networks().any);
  });
  return result;
}

ebm::Samples<float> with_noise(const ebm::Samples<float>& images, const std::vector<bool>& unknown,
                               ebm::Rng rng) {
  ebm::Samples<float> result = ebm::corruptions::noise(images, rng);
  for (Eigen::Index pixel = 0; pixel < pixels; ++pixel) {
    if (!unknown[static_cast<std::size_t>(pixel)]) result.col(pixel) = images.col(pixel);
  }
  return result;
}

ebm::Samples<float> inpaint(const Model& model, const ebm::Samples<float>& images,
                            const std::vector<bool>& unknown, int chains,
                            const ebm::LangevinOptions& options, ebm::Rng rng,
                            ebm::Threads& threads) {
  ebm::Samples<float> states(images.rows() * chains, pixels);
  for (Eigen::Index i = 0; i < states.rows(); ++i) states.row(i) = images.row(i / chains);
  states = with_noise(states, unknown, rng);
  ebm::ElementMask held(states.rows(), pixels);
  for (Eigen::Index pixel = 0; pixel < pixels; ++pixel) {
    held.col(pixel).setConstant(!unknown[static_cast<std::size_t>(pixel)]);
  }
  ebm::Workspace<float> workspace;
  const ebm::Langevin sampler(options);
  // The last steps go without noise, which would stay in the images.
  ebm::LangevinOptions quiet = options;
  quiet.steps = options.steps / 8;
  const ebm::EnergyDescent descent(quiet);
  std::visit(
      [&](const auto& energy) {
        sampler.run_holding<float>(energy, states, held, 0, rng, threads, workspace);
        descent.run_holding<float>(energy, states, held, 0, rng, threads, workspace);
      },
      model.networks().any);
  const Eigen::VectorXf energies = energies_of(model, states, threads);
  ebm::Samples<float> result(images.rows(), pixels);
  for (Eigen::Index i = 0; i < images.rows(); ++i) {
    Eigen::Index best = 0;
    energies.segment(i * chains, chains).minCoeff(&best);
    result.row(i) = states.row(i * chains + best);
  }
  return result;
}

}  // namespace ebm_mnist
