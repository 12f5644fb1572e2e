// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/energy/classifier.hpp>
#include <filesystem>
#include <memory>

#include "judge.hpp"
#include "network.hpp"

namespace ebm_mnist::inline EBM_INSTRUCTION_SET {

/// The classifier's network without its last layer, which gives the features of an image.
inline ebm::NetworkModel<JudgeFeatures> features_of(
    const ebm::Classifier<JudgeLogits>& classifier) {
  ebm::NetworkModel<JudgeFeatures> features;
  features.change_parameters([&](std::span<float> parameters) {
    std::ranges::copy(classifier.parameters().first(parameters.size()), parameters.begin());
  });
  return features;
}

/// Reads the file that the example digit_classifier writes; throws `ebm::Error` if there is none or
/// it fits another network.
std::unique_ptr<const Judge> load_judge(const std::filesystem::path& path);

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
