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
#elif defined(__SSE4_2__)
#define EBM_ABI_REGISTERS sse42
#elif defined(__SSE4_1__)
#define EBM_ABI_REGISTERS sse41
#elif defined(__SSSE3__)
#define EBM_ABI_REGISTERS ssse3
#elif defined(__SSE3__)
#define EBM_ABI_REGISTERS sse3
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
#if defined(__BMI__)
#define EBM_ABI_BMI i
#else
#define EBM_ABI_BMI
#endif
#if defined(__POPCNT__)
#define EBM_ABI_POPCNT c
#else
#define EBM_ABI_POPCNT
#endif
#if defined(__LZCNT__)
#define EBM_ABI_LZCNT z
#else
#define EBM_ABI_LZCNT
#endif
#if defined(__MOVBE__)
#define EBM_ABI_MOVBE m
#else
#define EBM_ABI_MOVBE
#endif
#if defined(__XOP__)
#define EBM_ABI_XOP x
#else
#define EBM_ABI_XOP
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

#define EBM_ABI_JOIN_(registers, f, b, i, c, z, m, x, l, n, h, p) \
  registers##_##f##b##i##c##z##m##x##l##n##h##p
#define EBM_ABI_JOIN(...) EBM_ABI_JOIN_(__VA_ARGS__)
#define EBM_ABI                                                                                   \
  EBM_ABI_JOIN(EBM_ABI_REGISTERS, EBM_ABI_FMA, EBM_ABI_BMI2, EBM_ABI_BMI, EBM_ABI_POPCNT,         \
               EBM_ABI_LZCNT, EBM_ABI_MOVBE, EBM_ABI_XOP, EBM_ABI_VL, EBM_ABI_VNNI, EBM_ABI_BF16, \
               EBM_ABI_FP16)

/// What a source file that is compiled once for each instruction set is being compiled for: sse2,
/// avx2 or avx512 on the compiler's command line, else this. What is the file's own belongs into an
/// inline namespace of that name; see core/instruction_set.hpp.
#if !defined(EBM_INSTRUCTION_SET)
#define EBM_INSTRUCTION_SET native
#endif

#define EBM_INSTRUCTION_SET_IS_native 0
#define EBM_INSTRUCTION_SET_IS_sse2 1
#define EBM_INSTRUCTION_SET_IS_avx2 2
#define EBM_INSTRUCTION_SET_IS_avx512 3
#define EBM_INSTRUCTION_SET_NUMBER_(name) EBM_INSTRUCTION_SET_IS_##name
#define EBM_INSTRUCTION_SET_NUMBER(name) EBM_INSTRUCTION_SET_NUMBER_(name)
#if (EBM_INSTRUCTION_SET_NUMBER(EBM_INSTRUCTION_SET) == 1 && defined(__SSE3__)) || \
    (EBM_INSTRUCTION_SET_NUMBER(EBM_INSTRUCTION_SET) == 2 &&                       \
     (!defined(__AVX2__) || !defined(__FMA__) || defined(__AVX512F__))) ||         \
    (EBM_INSTRUCTION_SET_NUMBER(EBM_INSTRUCTION_SET) == 3 && !defined(__AVX512VL__))
#error \
    "EBM_INSTRUCTION_SET names other instructions than this source is compiled for: sse2 is -march=x86-64, avx2 -march=x86-64-v3, avx512 -march=x86-64-v4, without -mavx2 and the like beside it"
#endif
