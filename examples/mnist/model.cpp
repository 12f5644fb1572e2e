// SPDX-License-Identifier: MIT
#include "model.hpp"

#include <cmath>
#include <ebm/energy/evaluate.hpp>
#include <ebm/io/model.hpp>
#include <ebm/sampler/langevin.hpp>
#include <ebm/sampler/replay_buffer.hpp>

namespace ebm_mnist {

Model load(const std::filesystem::path& path) {
  std::error_code unknown;  // whatever can't be asked for fails with its reason when read
  if (!std::filesystem::exists(path, unknown)) {
    throw ebm::Error(
        ebm::sentence("there is no model file ", ebm::io::quoted(path), ": choose one by --model"));
  }
  Model model;
  ebm::io::load_model(path, model);
  return model;
}

std::vector<double> scores(const Model& model, const ebm::ConstSamplesRef<float>& images,
                           const std::string& name, ebm::Threads& threads) {
  const Eigen::VectorXd f = -ebm::energies(model, images, threads).cast<double>();
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
  if (every > 0) {
    chains.trace.push_back(chains.final);
    for (auto& snapshot :
         sampler.trace<float>(model, chains.final, every, 0, rng, threads, workspace)) {
      chains.trace.push_back(std::move(snapshot));
    }
  } else {
    sampler.run<float>(model, chains.final, 0, rng, threads, workspace);
  }
  return chains;
}

}  // namespace ebm_mnist
