// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/io/picture.hpp>
#include <string>
#include <vector>

namespace ebm_mnist {

/// Writes a caption below each column of a grid of images, and leaves the images where they are.
///
/// grid: gray; columns: a text of printable ASCII each, cut where the picture ends
void add_captions(ebm::io::Picture& grid, const std::vector<std::string>& columns);

}  // namespace ebm_mnist
