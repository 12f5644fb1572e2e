// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime.h>  // the stand-in's, in tests/support/fake_cuda/

#include <ebm/cuda/device.hpp>

#include "support/catch.hpp"

/// The stand-in for the CUDA runtime, as it is before anything is asked of it; in the end all that
/// was made must be gone.
struct FreshFake {
  FreshFake() { fake_cuda = {}; }
  ~FreshFake() { CHECK(fake_cuda.is_empty()); }
};
