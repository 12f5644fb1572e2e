// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace ebm_mnist {

/// Bytes that this process can still take before the system refuses or ends it: what the machine
/// has free, the process's own limit (`ulimit -v`) and those of its control groups of version 2 (a
/// container's).
[[nodiscard]] double free_memory();

/// Throws `ebm::Error` if `bytes` are more than that, less what the program itself needs.
///
/// what: the option and what takes the memory, "--count: 1000 samples"
void require_memory(double bytes, const std::string& what);

/// Bytes that a picture of so many images takes while it is written: the images as numbers, twice,
/// and their pixels four times: small, enlarged, with a filter each row, and compressed.
[[nodiscard]] double memory_of_picture(double images);

/// Those of an animation.
///
/// images: of all chains and snapshots
/// frames: images in all frames, those that are shown again too
[[nodiscard]] double memory_of_animation(double images, double frames);

}  // namespace ebm_mnist
