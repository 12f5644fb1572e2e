// SPDX-License-Identifier: MIT
#pragma once

/// Everything of the io component, which needs nlohmann-json, zlib and stb beside the core.
#include <ebm/io/apng.hpp>
#include <ebm/io/dtype.hpp>
#include <ebm/io/file.hpp>
#include <ebm/io/gray_images.hpp>
#include <ebm/io/gzip.hpp>
#include <ebm/io/idx.hpp>
#include <ebm/io/image_grid.hpp>
#include <ebm/io/mnist.hpp>
#include <ebm/io/model.hpp>
#include <ebm/io/picture.hpp>
#include <ebm/io/png.hpp>
#include <ebm/io/safetensors.hpp>
