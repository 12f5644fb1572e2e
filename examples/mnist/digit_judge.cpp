// SPDX-License-Identifier: MIT
#include "digit_judge.hpp"

#include <ebm/io/model.hpp>
#include <ebm/parallel/threads.hpp>

namespace ebm_mnist::inline EBM_INSTRUCTION_SET {

namespace {

class DigitJudge final : public Judge {
 public:
  explicit DigitJudge(const std::filesystem::path& path) {
    ebm::io::load_model(path, classifier_);
    features_ = features_of(classifier_);
  }

  ebm::Samples<float> features(const ebm::Samples<float>& images, int thread_count) const override {
    ebm::Threads threads(thread_count);
    return ebm::outputs(features_, images, threads);
  }
  ebm::Samples<float> probabilities(const ebm::Samples<float>& images,
                                    int thread_count) const override {
    ebm::Threads threads(thread_count);
    return ebm::class_probabilities(ebm::outputs(classifier_, images, threads));
  }

 private:
  ebm::Classifier<JudgeLogits> classifier_;
  ebm::NetworkModel<JudgeFeatures> features_;
};

}  // namespace

std::unique_ptr<const Judge> load_judge(const std::filesystem::path& path) {
  return std::make_unique<DigitJudge>(path);
}

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
