// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime_api.h>

#include <ebm/core/error.hpp>
#include <source_location>
#include <string>

namespace ebm::inline EBM_ABI::cuda {

/// A call of the CUDA runtime has failed.
class CudaError : public Error {
 public:
  using Error::Error;
};

/// Throws `CudaError` with the call, the file and what the code means, unless the call succeeded.
inline void check(cudaError_t code, const char* call,
                  const std::source_location& place = std::source_location::current()) {
  if (code == cudaSuccess) return;
  cudaGetLastError();  // told once, unless it has broken the GPU's context
  throw CudaError(sentence(call, ": ", cudaGetErrorString(code), " (", cudaGetErrorName(code),
                           ", at ", place.file_name(), ":", place.line(), ")"));
}

}  // namespace ebm::inline EBM_ABI::cuda

/// Makes a call of the CUDA runtime; throws `CudaError` that names it if it fails.
#define EBM_CUDA_CHECK(call) ::ebm::cuda::check((call), #call)
