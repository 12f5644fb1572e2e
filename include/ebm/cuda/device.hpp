// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime.h>
#include <cuda_runtime_api.h>

#include <ebm/core/error.hpp>
#include <ebm/simt/machine.hpp>
#include <memory>
#include <source_location>
#include <string>
#include <type_traits>

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

/// A GPU as a machine of threads. What is here is all that only CUDA can do: memory, launches and
/// graphs; everything that is computed is in `simt/` and `kernels/`.
namespace ebm::inline EBM_ABI::cuda {

namespace detail {

template <class K>
__global__ void run_kernel(const K kernel) {
  const simt::Thread thread{static_cast<int>(blockIdx.x), static_cast<int>(blockIdx.y),
                            static_cast<int>(threadIdx.x), static_cast<int>(blockDim.x)};
  if constexpr (simt::StagedKernel<K>) {
    extern __shared__ __align__(16) unsigned char of_block[];
    auto* const shared = reinterpret_cast<typename K::value_type*>(of_block);
    kernel.stage(thread, shared);
    __syncthreads();
    kernel.run(thread, static_cast<const typename K::value_type*>(shared));
  } else {
    kernel.run(thread);
  }
}

/// Relies on what cudaFree does, though it is documented as "may": it waits for running kernels.
struct Free {
  void operator()(void* memory) const noexcept { cudaFree(memory); }
};
struct DestroyStream {
  void operator()(cudaStream_t stream) const noexcept { cudaStreamDestroy(stream); }
};
struct DestroyGraph {
  void operator()(cudaGraph_t graph) const noexcept { cudaGraphDestroy(graph); }
};
struct DestroyGraphExec {
  void operator()(cudaGraphExec_t graph) const noexcept { cudaGraphExecDestroy(graph); }
};
template <class Handle, class Destroy>
using Owner = std::unique_ptr<std::remove_pointer_t<Handle>, Destroy>;

}  // namespace detail

/// One GPU, and a stream on which everything happens in order.
///
/// Use it from one thread at a time. Errors of a kernel may come out of a later call.
class Device {
 public:
  /// Memory of the GPU.
  template <class T>
  class Array {
   public:
    /// Throws `CudaError` that says how much was asked for what.
    Array(Device& device, std::size_t size, const char* what) : size_(size) {
      if (size == 0) return;
      device.select();
      void* memory = nullptr;
      const cudaError_t code = cudaMalloc(&memory, size * sizeof(T));
      if (code == cudaErrorMemoryAllocation) throw out_of_memory(size * sizeof(T), what);
      check(code, "cudaMalloc");
      memory_.reset(static_cast<T*>(memory));
      EBM_CUDA_CHECK(cudaMemsetAsync(memory, 0, size * sizeof(T), device.stream_.get()));
    }
    [[nodiscard]] T* data() noexcept { return memory_.get(); }
    [[nodiscard]] const T* data() const noexcept { return memory_.get(); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

   private:
    std::unique_ptr<T, detail::Free> memory_;
    std::size_t size_;
  };

  /// Launches as a graph, which the GPU makes without being told each of them again.
  class Recording {
    friend Device;
    bool is_loaded_ = false;
    detail::Owner<cudaGraphExec_t, detail::DestroyGraphExec> graph_;
  };

  /// GPU number `index`.
  ///
  /// Throws `CudaError` with one clear sentence if there is no such GPU or no driver.
  explicit Device(int index = 0) {
    int count = 0;
    const cudaError_t code = cudaGetDeviceCount(&count);
    if (code != cudaSuccess || count == 0) {
      cudaGetLastError();
      throw CudaError(sentence("no CUDA GPU can be used: ",
                               code == cudaSuccess ? "there is none" : cudaGetErrorString(code)));
    }
    require(index >= 0 && index < count, "cuda::Device: there are ", count,
            " GPUs, numbered from 0; got ", index);
    index_ = index;
    select();
    cudaStream_t stream = nullptr;
    EBM_CUDA_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    stream_.reset(stream);
  }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  template <simt::Kernel K>
  void launch(const K& kernel) {
    const simt::Grid grid = kernel.grid();
    if (grid.blocks == 0) return;
    cudaLaunchConfig_t config{};
    config.gridDim = {static_cast<unsigned>(grid.blocks), static_cast<unsigned>(grid.rows), 1};
    config.blockDim = {static_cast<unsigned>(grid.threads), 1, 1};
    config.dynamicSmemBytes = grid.shared;
    config.stream = stream_.get();
    select();
    EBM_CUDA_CHECK(cudaLaunchKernelEx(&config, &detail::run_kernel<K>, kernel));
  }

  template <class T>
  void upload(const T* from, std::size_t count, T* to) {
    transfer(from, count * sizeof(T), to, cudaMemcpyHostToDevice);
    synchronize();
  }
  template <class T>
  void download(const T* from, std::size_t count, T* to) {
    transfer(from, count * sizeof(T), to, cudaMemcpyDeviceToHost);
    synchronize();
  }
  template <class T>
  void copy(const T* from, std::size_t count, T* to) {
    transfer(from, count * sizeof(T), to, cudaMemcpyDeviceToDevice);
  }

  /// Makes the launches of `launches()`: directly the first time, which loads the kernels, as older
  /// drivers can't while they record; then it records them; then it repeats them.
  template <class F>
  void replay(Recording& recording, const F& launches) {
    if (!recording.is_loaded_) {
      launches();
      recording.is_loaded_ = true;
      return;
    }
    select();
    if (!recording.graph_) recording.graph_.reset(recorded(launches));
    EBM_CUDA_CHECK(cudaGraphLaunch(recording.graph_.get(), stream_.get()));
  }

  /// Waits until everything is done; throws `CudaError` if something failed on the way.
  void synchronize() { EBM_CUDA_CHECK(cudaStreamSynchronize(stream_.get())); }

  /// The GPU's name, such as "NVIDIA H100".
  [[nodiscard]] std::string name() const {
    cudaDeviceProp properties{};
    EBM_CUDA_CHECK(cudaGetDeviceProperties(&properties, index_));
    return properties.name;
  }

 private:
  /// The runtime's calls are for the GPU that the calling thread chose last.
  void select() const { EBM_CUDA_CHECK(cudaSetDevice(index_)); }

  static CudaError out_of_memory(std::size_t bytes, const char* what) {
    cudaGetLastError();
    std::size_t free = 0, total = 0;
    EBM_CUDA_CHECK(cudaMemGetInfo(&free, &total));
    constexpr double mebibyte = 1 << 20;
    return CudaError(sentence("the GPU has no room for ", what, ": ",
                              static_cast<double>(bytes) / mebibyte, " MiB asked for, ",
                              static_cast<double>(free) / mebibyte, " MiB free of ",
                              static_cast<double>(total) / mebibyte));
  }

  void transfer(const void* from, std::size_t bytes, void* to, cudaMemcpyKind kind) {
    select();
    EBM_CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, kind, stream_.get()));
  }

  template <class F>
  cudaGraphExec_t recorded(const F& launches) {
    EBM_CUDA_CHECK(cudaStreamBeginCapture(stream_.get(), cudaStreamCaptureModeThreadLocal));
    cudaGraph_t captured = nullptr;
    try {
      launches();
    } catch (...) {
      cudaStreamEndCapture(stream_.get(), &captured);
      const detail::Owner<cudaGraph_t, detail::DestroyGraph> graph(captured);
      cudaGetLastError();  // the first error is the one to tell
      throw;
    }
    EBM_CUDA_CHECK(cudaStreamEndCapture(stream_.get(), &captured));
    const detail::Owner<cudaGraph_t, detail::DestroyGraph> graph(captured);
    cudaGraphExec_t ready = nullptr;
    EBM_CUDA_CHECK(cudaGraphInstantiate(&ready, graph.get(), 0));
    return ready;
  }

  int index_ = 0;
  detail::Owner<cudaStream_t, detail::DestroyStream> stream_;
};

static_assert(simt::Machine<Device>);

}  // namespace ebm::inline EBM_ABI::cuda
