// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <ebm/energy/classifier.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/energy/noise_conditional.hpp>
#include <ebm/eval/mahalanobis_score.hpp>
#include <ebm/io/safetensors.hpp>
#include <ebm/parallel/threads.hpp>
#include <ebm/sampler/annealed.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <variant>

#include "engine.hpp"
#include "network.hpp"

/// Models of the recipes matching and joint: energies E(x, s) over noise levels, how usual images
/// are by their energies at several of them, and of joint ones, which digits they are.
namespace ebm_mnist::inline EBM_INSTRUCTION_SET {

using MatchingEnergy = ebm::NoiseConditional<MatchingNetwork>;
using JointEnergy = ebm::NoiseConditional<JointNetwork>;

/// The recipe of a model with that energy.
template <class E>
inline constexpr const char* recipe_of = "matching";
template <>
inline constexpr const char* recipe_of<JointEnergy> = "joint";

/// Digits that a model with that energy tells apart; 0: none.
template <class E>
inline constexpr int digits_of = E::Input::condition_size;

/// The levels whose energies a score is made of.
inline constexpr std::array score_levels{0.05, 0.1, 0.5, 2.0};

/// E(x, s) of images at each of `score_levels`.
///
/// images: [image][pixel]; result: [image][level]
template <class E>
[[nodiscard]] ebm::Samples<double> level_energies(const E& energy,
                                                  const ebm::ConstSamplesRef<float>& images,
                                                  ebm::Threads& threads) {
  const ebm::Marginal of_images(energy);
  ebm::Samples<double> result(images.rows(), static_cast<Eigen::Index>(score_levels.size()));
  for (std::size_t i = 0; i < score_levels.size(); ++i) {
    result.col(static_cast<Eigen::Index>(i)) =
        ebm::energies(ebm::at_level(of_images, score_levels[i]), images, threads)
            .template cast<double>();
  }
  return result;
}

/// What a model file says of the model beside its weights: its recipe, the options of its energy,
/// and the fit of its score to training images.
[[nodiscard]] std::map<std::string, std::string> level_metadata(
    const std::string& recipe, const ebm::NoiseConditionalOptions& options,
    const ebm::MahalanobisScore& score);

/// Reads the energy of a model of either recipe; throws `ebm::Error` for another file.
[[nodiscard]] std::variant<MatchingEnergy, JointEnergy> load_level_energy(
    const std::filesystem::path& path);

/// Reads a model of either recipe; null for a file of another one. Throws `ebm::Error` for a file
/// that is broken.
///
/// content: of the file
[[nodiscard]] std::unique_ptr<const Model> load_level_model(const ebm::io::SafeTensors& content);

/// The levels that chains go down in so many steps.
[[nodiscard]] inline ebm::Annealed<> annealed(int steps) {
  return ebm::Annealed(ebm::power_levels({.count = steps}));
}

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
