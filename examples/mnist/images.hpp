// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/samples.hpp>
#include <filesystem>
#include <vector>

/// The image files that this program's users bring.
namespace ebm_mnist {

/// Reads 28x28 images: IDX (gzipped or not), PNG (converted to grey), or a safetensors file with
/// the tensor `images` (or `samples`), [N,1,28,28] float32 in [-1, 1].
///
/// returns: [image][pixel], at least one; throws `ebm::Error` for any other file
ebm::Samples<float> read_images(const std::filesystem::path& path);

/// The same for a folder: its PNG files in the order of their names.
ebm::Samples<float> read_images_or_folder(const std::filesystem::path& path);

/// The same for several files, one behind the other.
ebm::Samples<float> read_images(const std::vector<std::filesystem::path>& paths);

/// Told by `--help` of the commands that read images.
inline constexpr const char* image_files =
    "Images are 28x28: IDX (gzipped or not), PNG (converted to grey; a grid that one of the "
    "commands "
    "has written stands for its images) or a safetensors file with "
    "the tensor images (or samples, as the command sample writes them), [N,1,28,28] float32 in "
    "[-1, 1].";

}  // namespace ebm_mnist
