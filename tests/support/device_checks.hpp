// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/cuda/device.hpp>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"

/// What `cuda::Device` promises, on a GPU or on a stand-in for one.
namespace device_checks {

using namespace ebm;
using cuda::CudaError;
using cuda::Device;

/// Adds `step` to each number.
struct Add {
  int* numbers;
  int count;
  int step;

  [[nodiscard]] simt::Grid grid() const { return simt::grid_of(count); }
  EBM_INLINE void run(const simt::Thread& thread) const noexcept {
    if (thread.number() < count) numbers[thread.number()] += step;
  }
};

/// Each number becomes its right neighbour's in the block of threads; the last the first's.
struct Rotate {
  using value_type = int;
  int* numbers;
  int blocks;

  static constexpr int threads = 64;

  [[nodiscard]] simt::Grid grid() const {
    return {.blocks = blocks, .rows = 2, .threads = threads, .shared = threads * sizeof(int)};
  }
  EBM_INLINE void stage(const simt::Thread& thread, int* shared) const noexcept {
    shared[thread.index] = numbers[begin(thread) + thread.index];
  }
  EBM_INLINE void run(const simt::Thread& thread, const int* shared) const noexcept {
    numbers[begin(thread) + thread.index] = shared[(thread.index + 1) % thread.threads];
  }

 private:
  [[nodiscard]] EBM_INLINE int begin(const simt::Thread& thread) const noexcept {
    return thread.threads * (thread.row * blocks + thread.block);
  }
};

inline std::vector<int> downloaded(Device& device, const Device::Array<int>& array) {
  std::vector<int> numbers(array.size());
  device.download(array.data(), array.size(), numbers.data());
  return numbers;
}

inline constexpr int count = 4 * Rotate::threads;

/// Asks a device for everything that it can do; what comes of it.
inline std::vector<int> use_everything() {
  Device device;
  const std::string name = device.name();
  CHECK(!name.empty());
  Device::Array<int> numbers(device, count, "numbers"), copy(device, count, "their copy");
  {
    std::vector<int> counted(count);
    std::iota(counted.begin(), counted.end(), 0);
    device.upload(counted.data(), counted.size(), numbers.data());
  }
  Device::Recording recording;
  for (int time = 0; time < 3; ++time) {
    device.replay(recording, [&] {
      device.launch(Add{numbers.data(), count, 1});
      device.launch(Rotate{numbers.data(), 2});
    });
  }
  device.copy(numbers.data(), count, copy.data());
  device.launch(Add{numbers.data(), count, 1000});  // too late for the copy
  return downloaded(device, copy);
}

inline void check_order() {
  const std::vector<int> numbers = use_everything();
  constexpr int threads = Rotate::threads;
  for (int i = 0; i < count; ++i) {
    REQUIRE(numbers[static_cast<std::size_t>(i)] == i / threads * threads + (i + 3) % threads + 3);
  }
}

inline void check_failing_recordings() {
  Device device;
  Device::Array<int> numbers(device, 5, "numbers");
  Device::Recording recording;
  const auto add = [&] { device.launch(Add{numbers.data(), 5, 2}); };
  const auto fail = [&] {
    add();
    throw std::runtime_error("not on the way");
  };
  const auto take_memory = [&] { Device::Array<int>(device, 5, "numbers"); };
  device.replay(recording, add);
  CHECK_THROWS_WITH(device.replay(recording, fail), "not on the way");
  CHECK_THROWS_AS(device.replay(recording, take_memory), CudaError);
  CHECK(downloaded(device, numbers) == std::vector(5, 2));
  device.replay(recording, add);
  device.replay(recording, fail);  // was recorded: is not called
  CHECK(downloaded(device, numbers) == std::vector(5, 6));
}

inline void check_memory() {
  Device device;
  const Device::Array<int> numbers(device, 100, "numbers");
  CHECK(downloaded(device, numbers) == std::vector(100, 0));
  const Device::Array<int> none(device, 0, "nothing");
  CHECK(none.data() == nullptr);
  CHECK(downloaded(device, none).empty());
  device.launch(Add{nullptr, 0, 1});  // has no blocks
  device.synchronize();
}

}  // namespace device_checks
