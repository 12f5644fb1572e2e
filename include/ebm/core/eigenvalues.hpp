// SPDX-License-Identifier: MIT
#pragma once
// As in core/eigen.hpp: Eigen's own warnings are not for those who include ebm.
#pragma GCC system_header

#include <ebm/core/intrinsics.hpp>

#include <Eigen/Eigenvalues>
