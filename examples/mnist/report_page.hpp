// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "analysis.hpp"
#include "run_record.hpp"
#include "run_summary.hpp"

namespace ebm_mnist {

/// What the run's model makes of images it should and should not know, and of what it was computed.
struct ModelAnalysis {
  Analysis analysis;
  std::string model, data;  ///< file and folder
};

/// The report as one HTML file that needs no other: no script, no address but in its own text.
std::string report_page(const RunRecord& run, const RunSummary& summary,
                        const Part<ModelAnalysis>& analysis);

}  // namespace ebm_mnist
