// SPDX-License-Identifier: MIT
#pragma once

#include <version>  // libstdc++ undefines both itself

/// Macros of other libraries with which no header here can be read, nor xsimd's.
#if defined(min) || defined(max)
#error \
    "ebm cannot be read while min and max are macros: undefine them (NOMINMAX) before its headers"
#endif
