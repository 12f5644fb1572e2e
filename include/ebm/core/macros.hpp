// SPDX-License-Identifier: MIT
#pragma once

#include <version>  // libstdc++ undefines both itself

/// Flags and macros with which no header here may be read; all headers with code lead to this one.

#if __cplusplus < 202002L
#error "ebm is written in C++20: compile with -std=c++20 or newer"
#endif

#if defined(min) || defined(max)
#error \
    "ebm cannot be read while min and max are macros: undefine them (NOMINMAX) before its headers"
#endif

// Rounding is done by adding and taking away a constant, and NaN is how trouble is seen. What g++
// does under fewer of these flags clang does without defining a macro.
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) || \
    defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__)
#error \
    "ebm needs IEEE arithmetic: compile without -ffast-math, -Ofast, -ffinite-math-only, -fassociative-math and -freciprocal-math"
#endif

#if !defined(__cpp_exceptions)
#error "ebm reports errors by exceptions: compile without -fno-exceptions"
#endif
