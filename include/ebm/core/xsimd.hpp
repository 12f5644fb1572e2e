// SPDX-License-Identifier: MIT
#pragma once
// As in core/eigen.hpp: xsimd's own warnings are not for those who include ebm.
#pragma GCC system_header

#include <ebm/core/intrinsics.hpp>

#if __has_include(<xsimd/config/xsimd_inline.hpp>)
#include <xsimd/config/xsimd_inline.hpp>  // version 13 forgets it where it needs it
#endif
#include <xsimd/config/xsimd_arch.hpp>
#include <xsimd/types/xsimd_all_registers.hpp>
