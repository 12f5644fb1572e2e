// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <ebm/core/samples.hpp>
#include <ebm/energy/neural.hpp>
#include <ebm/parallel/threads.hpp>
#include <ebm/sampler/policies.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "network.hpp"

/// The model of this program, and what can be done with it: compiled once, in model.cpp.
namespace ebm_mnist {

using Model = ebm::Neural<Network>;
inline constexpr int pixels = Network::Input::size;

/// Reads a model file; throws `ebm::Error` if there is none or it does not fit the network.
Model load(const std::filesystem::path& path);

/// f of each image; throws `ebm::Error`, naming the images, where f is not finite.
///
/// images: [image][pixel]
std::vector<double> scores(const Model& model, const ebm::ConstSamplesRef<float>& images,
                           const std::string& name, ebm::Threads& threads);

/// Uniform noise in [-1, 1); row i depends on the seed and i alone.
ebm::Samples<float> noise_images(int count, ebm::Rng rng);

/// Chains from noise: their final states and, if `every` > 0, the start and each `every`-th step.
struct Chains {
  ebm::Samples<float> final;
  std::vector<ebm::Samples<float>> trace;
};
Chains run_chains(const Model& model, int count, const ebm::LangevinOptions& options, int every,
                  ebm::Rng rng, ebm::Threads& threads);

}  // namespace ebm_mnist
