// SPDX-License-Identifier: MIT
#include "pictures.hpp"

#include <cmath>
#include <ebm/core/error.hpp>

namespace ebm_mnist::inline EBM_INSTRUCTION_SET {

int square_columns(Eigen::Index count) {
  return static_cast<int>(std::ceil(std::sqrt(static_cast<double>(count))));
}

void require_picture_fits(double rows, double columns) {
  constexpr int most_in_line = 1000, most = 500'000;
  ebm::require(columns <= most_in_line && rows <= most_in_line && columns * rows <= most,
               "--out: ", rows, " rows of ", columns, " images don't fit a PNG, which takes ",
               most_in_line, " in a line and ", most, " in all");
}

ebm::Samples<float> chain_by_chain(const std::vector<ebm::ConstSamplesRef<float>>& snapshots) {
  const auto columns = static_cast<Eigen::Index>(snapshots.size());
  const auto& first = snapshots.front();
  ebm::Samples<float> images(first.rows() * columns, first.cols());
  for (Eigen::Index i = 0; i < images.rows(); ++i) {
    images.row(i) = snapshots[static_cast<std::size_t>(i % columns)].row(i / columns);
  }
  return images;
}

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
