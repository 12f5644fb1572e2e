// SPDX-License-Identifier: MIT
#pragma once

/// All file formats, which need jansson, zlib, libpng and protozero beside the core.
#include <ebm/io/apng.hpp>
#include <ebm/io/crc32c.hpp>
#include <ebm/io/digits.hpp>
#include <ebm/io/dtype.hpp>
#include <ebm/io/embed.hpp>
#include <ebm/io/file.hpp>
#include <ebm/io/gray_images.hpp>
#include <ebm/io/gzip.hpp>
#include <ebm/io/histogram.hpp>
#include <ebm/io/idx.hpp>
#include <ebm/io/image_grid.hpp>
#include <ebm/io/image_samples.hpp>
#include <ebm/io/json.hpp>
#include <ebm/io/mnist.hpp>
#include <ebm/io/model.hpp>
#include <ebm/io/onnx.hpp>
#include <ebm/io/picture.hpp>
#include <ebm/io/png.hpp>
#include <ebm/io/quoted.hpp>
#include <ebm/io/record_file.hpp>
#include <ebm/io/safetensors.hpp>
#include <ebm/io/state.hpp>
#include <ebm/io/take_text.hpp>
#include <ebm/io/tensorboard.hpp>
#include <ebm/io/utf8.hpp>
#include <ebm/io/write_file.hpp>
