// SPDX-License-Identifier: MIT
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// A stand-in for the CUDA runtime, for tests of what calls it on a machine without a GPU.
///
/// It forgives less than a GPU. Work is done as late as it may be: when somebody waits for it.
/// Memory of a GPU is there for that GPU's kernels and copies alone: anybody else who touches it
/// crashes, and so does who goes beyond its end. Kernels must not point to the host. A stream is
/// used only while its GPU is the one selected. Any call can be made to fail, for once or for good.
/// Source of what calls do and refuse: NVIDIA's reference of the CUDA Runtime API.

enum cudaError_t {
  cudaSuccess,
  cudaErrorInvalidValue,
  cudaErrorMemoryAllocation,
  cudaErrorInvalidConfiguration,
  cudaErrorInsufficientDriver,
  cudaErrorInvalidDevice,
  cudaErrorInvalidResourceHandle,
  cudaErrorIllegalState,
  cudaErrorIllegalAddress,
  cudaErrorStreamCaptureUnsupported,
  cudaErrorStreamCaptureInvalidated
};
enum cudaMemcpyKind {
  cudaMemcpyHostToHost,
  cudaMemcpyHostToDevice,
  cudaMemcpyDeviceToHost,
  cudaMemcpyDeviceToDevice
};
enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal };
inline constexpr unsigned cudaStreamNonBlocking = 1;

using FakeWork = std::vector<std::function<void()>>;

struct CUgraph_st {
  FakeWork work;
  int gpu;
  bool valid = true;
};
struct CUgraphExec_st {
  FakeWork work;
  int gpu;
};
struct CUstream_st {
  int gpu;
  FakeWork waiting;
  std::unique_ptr<CUgraph_st> capture;
};
using cudaStream_t = CUstream_st*;
using cudaGraph_t = CUgraph_st*;
using cudaGraphExec_t = CUgraphExec_st*;

struct cudaDeviceProp {
  char name[256];
};

/// The state of the runtime, which tests set and look at.
struct FakeCuda {
  int gpus = 1;
  std::size_t bytes = std::size_t{64} << 20;  ///< of each GPU
  /// Number of the call that fails, counted from 0 over those that can; none if negative.
  int failing_call = -1;
  bool goes_on_failing = false;  ///< as after what a kernel must not do
  cudaError_t failure = cudaErrorIllegalAddress;

  int calls = 0;            ///< so far, of those that can fail
  std::string failed_call;  ///< the one that was made to
  int kernels = 0;          ///< that have run so far

  int selected = 0;
  cudaError_t last_error = cudaSuccess;
  struct Memory {
    std::size_t size;
    int gpu;
    void* pages;  ///< that hold it; it ends where the last of them does, before one of nobody's
    std::size_t page_bytes;
  };
  std::map<std::byte*, Memory> memory;
  std::set<cudaStream_t> streams;
  std::set<cudaGraph_t> graphs;
  std::set<cudaGraphExec_t> ready_graphs;

  /// Whether everything that was made has been destroyed.
  [[nodiscard]] bool is_empty() const {
    return memory.empty() && streams.empty() && graphs.empty() && ready_graphs.empty();
  }

  cudaError_t fail(cudaError_t code) {
    last_error = code;
    return code;
  }
  /// Whether a call, which can fail, is the one that does.
  bool fails(const char* call) {
    const int number = calls++;
    if (failing_call < 0 || number < failing_call) return false;
    if (number == failing_call) failed_call = call;
    if (number > failing_call && !goes_on_failing) return false;
    fail(failure);
    return true;
  }

  /// What nobody has taken of the selected GPU's memory.
  [[nodiscard]] std::size_t free_bytes() const {
    std::size_t free = bytes;
    for (const auto& [place, piece] : memory) {
      if (piece.gpu == selected) free -= piece.size;
    }
    return free;
  }

  /// Whether `size` bytes from `begin` on belong to one piece of memory of the selected GPU.
  [[nodiscard]] bool is_on_gpu(const void* begin, std::size_t size) const {
    const auto* const first = static_cast<const std::byte*>(begin);
    for (const auto& [place, piece] : memory) {
      if (first >= place && first + size <= place + piece.size) return piece.gpu == selected;
    }
    return false;
  }

  /// Everything that a stream was asked for, in order; only here memory can be touched.
  void run(CUstream_st& stream) {
    if (stream.waiting.empty()) return;
    open(stream.gpu, PROT_READ | PROT_WRITE);
    for (const auto& work : stream.waiting) work();
    stream.waiting.clear();
    open(stream.gpu, PROT_NONE);
  }

  /// Asks a stream for work, or records it.
  cudaError_t ask(cudaStream_t stream, std::function<void()> work) {
    if (!streams.contains(stream) || stream->gpu != selected) {
      return fail(cudaErrorInvalidResourceHandle);
    }
    (stream->capture ? stream->capture->work : stream->waiting).push_back(std::move(work));
    return cudaSuccess;
  }

  /// Spoils what is being recorded; whether anything was.
  bool spoils_capture() {
    bool spoiled = false;
    for (const cudaStream_t stream : streams) {
      if (stream->capture) {
        stream->capture->valid = false;
        spoiled = true;
      }
    }
    return spoiled;
  }

 private:
  void open(int gpu, int protection) const {
    for (const auto& [place, piece] : memory) {
      if (piece.gpu == gpu) mprotect(piece.pages, piece.page_bytes, protection);
    }
  }
};
inline FakeCuda fake_cuda;

template <class T>
cudaError_t fake_destroy(std::set<T*>& made, T* handle) {
  if (made.erase(handle) == 0) std::abort();
  delete handle;
  return cudaSuccess;
}

inline const char* cudaGetErrorName(cudaError_t code) {
  static constexpr const char* names[] = {"cudaSuccess",
                                          "cudaErrorInvalidValue",
                                          "cudaErrorMemoryAllocation",
                                          "cudaErrorInvalidConfiguration",
                                          "cudaErrorInsufficientDriver",
                                          "cudaErrorInvalidDevice",
                                          "cudaErrorInvalidResourceHandle",
                                          "cudaErrorIllegalState",
                                          "cudaErrorIllegalAddress",
                                          "cudaErrorStreamCaptureUnsupported",
                                          "cudaErrorStreamCaptureInvalidated"};
  return names[code];
}
inline const char* cudaGetErrorString(cudaError_t code) {
  if (code == cudaErrorInsufficientDriver) return "CUDA driver version is insufficient";
  return code == cudaErrorIllegalAddress ? "an illegal memory access was encountered" : "another";
}
inline cudaError_t cudaGetLastError() {
  return std::exchange(fake_cuda.last_error, cudaSuccess);
}

inline cudaError_t cudaGetDeviceCount(int* count) {
  if (fake_cuda.fails("cudaGetDeviceCount")) return fake_cuda.failure;
  *count = fake_cuda.gpus;
  return cudaSuccess;
}
inline cudaError_t cudaSetDevice(int gpu) {
  if (fake_cuda.fails("cudaSetDevice")) return fake_cuda.failure;
  if (gpu < 0 || gpu >= fake_cuda.gpus) return fake_cuda.fail(cudaErrorInvalidDevice);
  fake_cuda.selected = gpu;
  return cudaSuccess;
}
inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int gpu) {
  if (fake_cuda.fails("cudaGetDeviceProperties")) return fake_cuda.failure;
  std::strcpy(properties->name, ("GPU " + std::to_string(gpu)).c_str());
  return cudaSuccess;
}

inline cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  if (fake_cuda.fails("cudaMemGetInfo")) return fake_cuda.failure;
  *free = fake_cuda.free_bytes();
  *total = fake_cuda.bytes;
  return cudaSuccess;
}
inline cudaError_t cudaMalloc(void** memory, std::size_t size) {
  if (fake_cuda.fails("cudaMalloc")) return fake_cuda.failure;
  if (fake_cuda.spoils_capture()) return fake_cuda.fail(cudaErrorStreamCaptureUnsupported);
  if (size > fake_cuda.free_bytes()) return fake_cuda.fail(cudaErrorMemoryAllocation);
  const std::size_t page = static_cast<std::size_t>(getpagesize());
  const std::size_t bytes = (size + page - 1) / page * page;
  constexpr int access = PROT_READ | PROT_WRITE, kind = MAP_PRIVATE | MAP_ANONYMOUS;
  void* const pages = mmap(nullptr, bytes + page, access, kind, -1, 0);
  if (pages == MAP_FAILED) return fake_cuda.fail(cudaErrorMemoryAllocation);
  std::memset(pages, 0xA5, bytes);  // what was there before
  mprotect(pages, bytes + page, PROT_NONE);
  std::byte* const place = static_cast<std::byte*>(pages) + (bytes - size);
  fake_cuda.memory[place] = {size, fake_cuda.selected, pages, bytes};
  *memory = place;
  return cudaSuccess;
}
/// As the runtimes that there are, waits for whoever may still need the memory.
inline cudaError_t cudaFree(void* memory) {
  if (fake_cuda.spoils_capture()) return fake_cuda.fail(cudaErrorStreamCaptureUnsupported);
  for (const cudaStream_t stream : fake_cuda.streams) fake_cuda.run(*stream);
  const auto piece = fake_cuda.memory.find(static_cast<std::byte*>(memory));
  if (piece == fake_cuda.memory.end()) std::abort();
  munmap(piece->second.pages, piece->second.page_bytes + static_cast<std::size_t>(getpagesize()));
  fake_cuda.memory.erase(piece);
  return cudaSuccess;
}

inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  if (fake_cuda.fails("cudaStreamCreateWithFlags")) return fake_cuda.failure;
  *stream = new CUstream_st{.gpu = fake_cuda.selected, .waiting = {}, .capture = nullptr};
  fake_cuda.streams.insert(*stream);
  return cudaSuccess;
}
inline cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  fake_cuda.run(*stream);
  return fake_destroy(fake_cuda.streams, stream);
}
inline cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (fake_cuda.fails("cudaStreamSynchronize")) {
    stream->waiting.clear();  // what has failed is not done later
    return fake_cuda.failure;
  }
  if (fake_cuda.spoils_capture()) return fake_cuda.fail(cudaErrorStreamCaptureUnsupported);
  fake_cuda.run(*stream);
  return cudaSuccess;
}

inline cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t size, cudaStream_t stream) {
  if (fake_cuda.fails("cudaMemsetAsync")) return fake_cuda.failure;
  if (!fake_cuda.is_on_gpu(memory, size)) return fake_cuda.fail(cudaErrorInvalidValue);
  return fake_cuda.ask(stream, [=] { std::memset(memory, value, size); });
}
inline cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t size,
                                   cudaMemcpyKind kind, cudaStream_t stream) {
  if (fake_cuda.fails("cudaMemcpyAsync")) return fake_cuda.failure;
  const bool to_gpu = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  const bool from_gpu = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  if (size > 0 &&
      (fake_cuda.is_on_gpu(to, size) != to_gpu || fake_cuda.is_on_gpu(from, size) != from_gpu)) {
    return fake_cuda.fail(cudaErrorInvalidValue);
  }
  return fake_cuda.ask(stream, [=] {
    if (size > 0) std::memcpy(to, from, size);
  });
}

inline cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  if (fake_cuda.fails("cudaStreamBeginCapture")) return fake_cuda.failure;
  if (stream->capture) return fake_cuda.fail(cudaErrorIllegalState);
  stream->capture = std::make_unique<CUgraph_st>(CUgraph_st{.work = {}, .gpu = stream->gpu});
  return cudaSuccess;
}
inline cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = nullptr;
  const std::unique_ptr<CUgraph_st> capture = std::move(stream->capture);
  if (fake_cuda.fails("cudaStreamEndCapture")) return fake_cuda.failure;
  if (!capture->valid) return fake_cuda.fail(cudaErrorStreamCaptureInvalidated);
  *graph = new CUgraph_st(*capture);
  fake_cuda.graphs.insert(*graph);
  return cudaSuccess;
}
inline cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  return fake_destroy(fake_cuda.graphs, graph);
}
inline cudaError_t cudaGraphInstantiate(cudaGraphExec_t* ready, cudaGraph_t graph,
                                        unsigned long long) {
  if (fake_cuda.fails("cudaGraphInstantiate")) return fake_cuda.failure;
  *ready = new CUgraphExec_st{graph->work, graph->gpu};
  fake_cuda.ready_graphs.insert(*ready);
  return cudaSuccess;
}
inline cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) {
  return fake_destroy(fake_cuda.ready_graphs, graph);
}
inline cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream) {
  if (fake_cuda.fails("cudaGraphLaunch")) return fake_cuda.failure;
  if (graph->gpu != stream->gpu) return fake_cuda.fail(cudaErrorInvalidValue);
  return fake_cuda.ask(stream, [work = graph->work] {
    for (const auto& launch : work) launch();
  });
}
