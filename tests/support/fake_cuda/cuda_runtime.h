// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <ebm/core/abi.hpp>

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

/// Memory that a block of threads shares, as much as a GPU gives without being asked: it has the
/// name by which the kernel under test calls it.
inline constexpr std::size_t fake_shared_bytes = 48 << 10;
namespace ebm::inline EBM_ABI::cuda::detail {
__align__(16) inline unsigned char of_block[fake_shared_bytes];
}
inline auto& fake_shared = ebm::cuda::detail::of_block;

template <class Run>
void fake_block(std::size_t shared, const Run& run) {
  constexpr unsigned char untouched = 0xA5;
  std::memset(fake_shared, untouched, fake_shared_bytes);
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
  for (std::size_t i = shared; i < fake_shared_bytes; ++i) {
    if (fake_shared[i] != untouched) std::abort();  // it was not asked for
  }
}

/// Whether a word of a kernel is an address that the selected GPU can't reach; never where the
/// compiler can't tell words from padding.
template <class K>
bool fake_points_astray([[maybe_unused]] K kernel) {
#if __has_builtin(__builtin_clear_padding)
  __builtin_clear_padding(&kernel);
  const auto page = static_cast<std::uintptr_t>(getpagesize());
  for (std::size_t at = 0; at + sizeof(void*) <= sizeof(K); at += sizeof(void*)) {
    std::uintptr_t word;
    std::memcpy(&word, reinterpret_cast<const char*>(&kernel) + at, sizeof word);
    if (word >> 46 == 0) continue;  // none of this process's data lie so low
    unsigned char is_resident;
    const bool is_mapped =
        mincore(reinterpret_cast<void*>(word / page * page), 1, &is_resident) == 0;
    if (is_mapped && !fake_cuda.is_on_gpu(reinterpret_cast<void*>(word), 0)) return true;
  }
#endif
  return false;
}

template <class K>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(K),
                               const K& value) {
  if (fake_cuda.fails("cudaLaunchKernelEx")) {
    fake_cuda.spoils_capture();
    return fake_cuda.failure;
  }
  const dim3 grid = config->gridDim, block = config->blockDim;
  constexpr unsigned most_threads = 1024, most_rows = 65535;
  if (grid.x == 0 || grid.y == 0 || grid.y > most_rows || block.x == 0 || block.x > most_threads ||
      config->dynamicSmemBytes > fake_shared_bytes) {
    return fake_cuda.fail(cudaErrorInvalidConfiguration);
  }
  if (fake_points_astray(value)) return fake_cuda.fail(cudaErrorIllegalAddress);
  return fake_cuda.ask(config->stream, [=, shared = config->dynamicSmemBytes] {
    ++fake_cuda.kernels;
    blockDim = block;
    for (blockIdx.y = 0; blockIdx.y < grid.y; ++blockIdx.y) {
      for (blockIdx.x = 0; blockIdx.x < grid.x; ++blockIdx.x) {
        fake_block(shared, [&] { kernel(value); });
      }
    }
  });
}
