// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <ebm/energy/noise_conditional.hpp>
#include <ebm/eval/mahalanobis_score.hpp>
#include <ebm/io/safetensors.hpp>
#include <ebm/parallel/threads.hpp>
#include <ebm/sampler/annealed.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "engine.hpp"
#include "network.hpp"

/// Models of the recipe matching: energies E(x, s) over noise levels, and how usual images are by
/// their energies at several of them.
namespace ebm_mnist::inline EBM_INSTRUCTION_SET {

using MatchingEnergy = ebm::NoiseConditional<MatchingNetwork>;

/// The levels whose energies a score is made of.
inline constexpr std::array score_levels{0.1, 0.3, 0.8, 2.0};

/// E(x, s) of images at each of `score_levels`.
///
/// images: [image][pixel]; result: [image][level]
[[nodiscard]] ebm::Samples<double> level_energies(const MatchingEnergy& energy,
                                                  const ebm::ConstSamplesRef<float>& images,
                                                  ebm::Threads& threads);

/// What a model file says of the model beside its weights: its recipe, the options of its energy,
/// and the fit of its score to training images.
[[nodiscard]] std::map<std::string, std::string> matching_metadata(
    const MatchingEnergy& energy, const ebm::MahalanobisScore& score);

/// Whether a file's metadata are those of a model of this recipe.
[[nodiscard]] bool is_matching(const ebm::io::SafeTensors& content);

/// Reads the energy alone; throws `ebm::Error` for a file that is none of this recipe.
[[nodiscard]] MatchingEnergy load_matching_energy(const std::filesystem::path& path);

/// Reads a model of this recipe; throws `ebm::Error` for a file that is none.
///
/// content: of the file
[[nodiscard]] std::unique_ptr<const Model> load_matching(const ebm::io::SafeTensors& content,
                                                         const std::filesystem::path& path);

/// The levels that chains go down in so many steps.
[[nodiscard]] inline ebm::Annealed<> annealed(int steps) {
  return ebm::Annealed(ebm::power_levels({.count = steps}));
}

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
