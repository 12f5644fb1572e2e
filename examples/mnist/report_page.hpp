// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "analysis.hpp"
#include "run_record.hpp"
#include "run_summary.hpp"

namespace ebm_mnist {

/// What a model makes of images it should and should not know, and of what it was computed.
struct ModelAnalysis {
  Analysis analysis;
  std::string model, data;            ///< file and folder
  bool has_levels = false;            ///< the model
  std::vector<Judgement> judgements;  ///< of its samples, if there are some
};

/// The model of the run, and others beside it.
struct ModelAnalyses {
  ModelAnalysis own;
  std::vector<ModelAnalysis> others;
};

/// The report as one HTML file that needs no other: no script, no address but in its own text.
std::string report_page(const RunRecord& run, const RunSummary& summary,
                        const Part<ModelAnalyses>& analysis);

}  // namespace ebm_mnist
