// SPDX-License-Identifier: MIT
#pragma once
// What this header includes is a system header to the compiler, however it is found: Eigen's own
// warnings, some hundreds with -Wconversion, are not for those who include ebm.
#pragma GCC system_header

#include <ebm/core/intrinsics.hpp>

#include <Eigen/Core>
