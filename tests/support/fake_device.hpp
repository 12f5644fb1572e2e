// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime.h>

/// The memory that blocks of threads share, which a GPU's compiler would provide.
namespace ebm::cuda::detail {
__align__(16) inline unsigned char of_block[48 << 10];
}

#include <ebm/cuda/device.hpp>

/// `cuda::Device` on the stand-in for the CUDA runtime, as it was before anything was asked of it.
struct FreshFake {
  FreshFake() { fake_cuda = {}; }
};
