// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime_api.h>

/// The stand-in's kernels: a thread of a GPU is a call, one after the other.

#define __global__
#define __shared__
#define __align__(bytes) __attribute__((aligned(bytes)))

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
};
inline dim3 blockIdx, threadIdx, blockDim;

struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  std::size_t dynamicSmemBytes = 0;
  cudaStream_t stream = nullptr;
};

/// The threads of a block reach a barrier first and go on from it afterwards: every thread runs up
/// to the barrier, where it is thrown out; when all have, each runs once more, past the barrier.
/// What they do before it must bear doing twice.
struct FakeBarrier {};
inline bool fake_threads_wait = false;
inline void __syncthreads() {
  if (fake_threads_wait) throw FakeBarrier{};
}

template <class Run>
void fake_block(const Run& run) {
  const auto each_thread = [&](const auto& body) {
    for (threadIdx.x = 0; threadIdx.x < blockDim.x; ++threadIdx.x) body();
  };
  unsigned waiting = 0;
  fake_threads_wait = true;
  each_thread([&] {
    try {
      run();
    } catch (const FakeBarrier&) {
      ++waiting;
    }
  });
  fake_threads_wait = false;
  if (waiting == 0) return;
  if (waiting != blockDim.x) std::abort();  // some would wait for the others for ever
  each_thread(run);
}

template <class K>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(K),
                               const K& value) {
  if (fake_cuda.fails("cudaLaunchKernelEx")) {
    fake_cuda.spoils_capture();
    return fake_cuda.failure;
  }
  const dim3 grid = config->gridDim, block = config->blockDim;
  constexpr std::size_t most_threads = 1024, most_rows = 65535, most_shared = 48 << 10;
  if (grid.x == 0 || grid.y == 0 || grid.y > most_rows || block.x == 0 || block.x > most_threads ||
      config->dynamicSmemBytes > most_shared) {
    return fake_cuda.fail(cudaErrorInvalidConfiguration);
  }
  return fake_cuda.ask(config->stream, [=] {
    ++fake_cuda.kernels;
    blockDim = block;
    for (blockIdx.y = 0; blockIdx.y < grid.y; ++blockIdx.y) {
      for (blockIdx.x = 0; blockIdx.x < grid.x; ++blockIdx.x) {
        fake_block([&] { kernel(value); });
      }
    }
  });
}
