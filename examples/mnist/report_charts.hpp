// SPDX-License-Identifier: MIT
#pragma once

#include "html.hpp"
#include "run_record.hpp"

namespace ebm_mnist {

/// The curves of a run, each with a caption that tells how to read it: those that are known in
/// their places, and one for each other column of metrics.csv.
Html charts_of(const RunRecord& run);

}  // namespace ebm_mnist
