// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "html.hpp"
#include "report_page.hpp"
#include "run_record.hpp"

/// The tables of a report.
namespace ebm_mnist {

/// Mean scores, and the AUROC of test images against each group.
Html tables_of(const ModelAnalysis& analysis);

/// A row an option; those that differ from the defaults of `train` stand out.
Html table_of(const RunSettings& settings);

/// A row an event.
Html table_of(const std::vector<RunEvent>& events);

}  // namespace ebm_mnist
