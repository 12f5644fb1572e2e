// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/samples.hpp>
#include <filesystem>
#include <vector>

/// Chains as pictures.
namespace ebm_mnist::inline EBM_INSTRUCTION_SET {

/// Columns of a picture that is about as wide as high.
int square_columns(Eigen::Index count);

/// Throws `ebm::InvalidArgument` where a picture would have more pixels than a PNG takes.
void require_picture_fits(double rows, double columns);

/// The snapshots beside each other: a row of the result's picture is a chain.
///
/// snapshots: at least one, each [chain][pixel]; returns: [chain, snapshot][pixel]
ebm::Samples<float> chain_by_chain(const std::vector<ebm::ConstSamplesRef<float>>& snapshots);

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
