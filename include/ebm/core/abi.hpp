// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/macros.hpp>

/// The name of what a source file is compiled for: all of ebm is in an inline namespace of it, but
/// for exceptions and for structs of numbers, such as the options of a recipe.
///
/// Files of one program that are compiled for different instruction sets so keep their own code,
/// whatever the linker finds first; a function that hands an ebm type from one to the other does
/// not link. The name is that of the registers, then a letter for each extension by which
/// compilers choose other instructions.
#if defined(__AVX512F__)
#define EBM_ABI_REGISTERS avx512
#elif defined(__AVX2__)
#define EBM_ABI_REGISTERS avx2
#elif defined(__AVX__)
#define EBM_ABI_REGISTERS avx
#elif defined(__SSE4_1__)
#define EBM_ABI_REGISTERS sse4
#elif defined(__SSE2__)
#define EBM_ABI_REGISTERS sse2
#elif defined(__aarch64__)
#define EBM_ABI_REGISTERS neon
#else
#define EBM_ABI_REGISTERS scalar
#endif

#if defined(__FMA__)
#define EBM_ABI_FMA f
#else
#define EBM_ABI_FMA
#endif
#if defined(__BMI2__)
#define EBM_ABI_BMI2 b
#else
#define EBM_ABI_BMI2
#endif
#if defined(__AVX512VL__) && defined(__AVX512BW__) && defined(__AVX512DQ__)
#define EBM_ABI_VL l
#else
#define EBM_ABI_VL
#endif
#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)
#define EBM_ABI_VNNI n
#else
#define EBM_ABI_VNNI
#endif
#if defined(__AVX512BF16__)
#define EBM_ABI_BF16 h
#else
#define EBM_ABI_BF16
#endif
#if defined(__AVX512FP16__)
#define EBM_ABI_FP16 p
#else
#define EBM_ABI_FP16
#endif

#define EBM_ABI_JOIN_(registers, f, b, l, n, h, p) registers##_##f##b##l##n##h##p
#define EBM_ABI_JOIN(...) EBM_ABI_JOIN_(__VA_ARGS__)
#define EBM_ABI                                                                        \
  EBM_ABI_JOIN(EBM_ABI_REGISTERS, EBM_ABI_FMA, EBM_ABI_BMI2, EBM_ABI_VL, EBM_ABI_VNNI, \
               EBM_ABI_BF16, EBM_ABI_FP16)

/// What a source file that is compiled once for each instruction set is being compiled for: sse2,
/// avx2 or avx512 on the compiler's command line, else this. What is the file's own belongs into an
/// inline namespace of that name; see core/instruction_set.hpp.
#if !defined(EBM_INSTRUCTION_SET)
#define EBM_INSTRUCTION_SET native
#endif
