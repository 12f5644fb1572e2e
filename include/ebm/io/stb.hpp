// SPDX-License-Identifier: MIT
#pragma once

/// stb_image as this library needs it: PNG only, from memory to memory, warnings off.
///
/// Each translation unit gets a copy of its own (`STB_IMAGE_STATIC`), so any number of them link.
#if defined(STBI_INCLUDE_STB_IMAGE_H)
#error "include <ebm/io/...> before stb_image.h: it configures it"
#endif

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wunused-function"

#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#include <stb/stb_image.h>

// The implementation stands outside of stb's include guard.
#undef STB_IMAGE_IMPLEMENTATION

#pragma GCC diagnostic pop
