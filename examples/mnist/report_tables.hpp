// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "html.hpp"
#include "report_page.hpp"
#include "run_record.hpp"

/// The tables of a report.
namespace ebm_mnist {

/// Mean scores, the AUROC of test images against each group, and what a judge says of samples.
Html tables_of(const ModelAnalyses& analyses);

/// A row an option; those that differ from the defaults of `train` stand out.
Html table_of(const RunSettings& settings);

/// A row an event.
Html table_of(const std::vector<RunEvent>& events);

}  // namespace ebm_mnist
