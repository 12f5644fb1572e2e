// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <ebm/core/samples.hpp>
#include <ebm/parallel/threads.hpp>
#include <ebm/random/stream.hpp>
#include <ebm/sampler/langevin_options.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

/// The model of this program, and what can be done with it; model.cpp alone knows the networks.
namespace ebm_mnist {

inline constexpr int pixels = 28 * 28;

/// A trained network of one of the kinds that the command train knows; copies share it.
class Model {
 public:
  struct Networks;

  explicit Model(std::shared_ptr<const Networks> networks) : networks_(std::move(networks)) {}
  [[nodiscard]] const Networks& networks() const noexcept { return *networks_; }

 private:
  std::shared_ptr<const Networks> networks_;
};

/// Reads a model file; throws `ebm::Error` if there is none or it fits neither network.
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

/// How far noisy images are believed.
struct Denoising {
  double noise_level = 0.3;   ///< deviation of the noise on them, s > 0
  double temperature = 1e-4;  ///< T >= 0: the model's images are distributed as exp(-E / T)
};

/// Moves chains down E(x) + T |x - y|^2 / (2 s^2) from each noisy image y; returns their means.
///
/// noisy, result: [image][pixel]; chains: of an image, >= 1
ebm::Samples<float> denoise(const Model& model, const ebm::Samples<float>& noisy,
                            const Denoising& denoising, int chains,
                            const ebm::LangevinOptions& options, ebm::Rng rng,
                            ebm::Threads& threads);

/// The images with noise in their unknown pixels; unknown: [pixel]
ebm::Samples<float> with_noise(const ebm::Samples<float>& images, const std::vector<bool>& unknown,
                               ebm::Rng rng);

/// Moves the unknown pixels of images by chains that start as noise there, and an eighth as many
/// steps without noise; returns for each image the chain of the lowest energy.
///
/// images, result: [image][pixel]; unknown: [pixel]; chains: of an image, >= 1
ebm::Samples<float> inpaint(const Model& model, const ebm::Samples<float>& images,
                            const std::vector<bool>& unknown, int chains,
                            const ebm::LangevinOptions& options, ebm::Rng rng,
                            ebm::Threads& threads);

}  // namespace ebm_mnist
