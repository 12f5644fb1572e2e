// SPDX-License-Identifier: MIT
#include "model.hpp"

#include <ebm/energy/evaluate.hpp>
#include <ebm/io/model.hpp>
#include <ebm/sampler/langevin.hpp>
#include <ebm/sampler/replay_buffer.hpp>

namespace ebm_mnist {

Model load(const std::filesystem::path& path) {
  Model model;
  ebm::io::load_model(path, model);
  return model;
}

std::vector<double> scores(const Model& model, const ebm::ConstSamplesRef<float>& images,
                           ebm::Threads& threads) {
  const Eigen::VectorXd f = -ebm::energies(model, images, threads).cast<double>();
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
