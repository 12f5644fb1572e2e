// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/macros.hpp>

/// The processor's own operations. With AVX-512 the compiler's header leaves lanes undefined on
/// purpose, and g++ 12 (bug 105593) warns of that wherever they are used, in Eigen above all.
#if defined(__x86_64__) && !defined(__AVX__)
#include <emmintrin.h>  // the header of all extensions takes g++ 0.4 s and 100 MB
#elif defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
#endif
