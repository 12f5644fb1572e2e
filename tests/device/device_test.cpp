// SPDX-License-Identifier: MIT
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/fake_device.hpp"

using namespace ebm;
using cuda::CudaError;
using cuda::Device;

namespace {

/// Adds `step` to each number.
struct Add {
  int* numbers;
  int count;
  int step;

  [[nodiscard]] simt::Grid grid() const { return simt::grid_of(count); }
  void run(const simt::Thread& thread) const noexcept {
    if (thread.number() < count) numbers[thread.number()] += step;
  }
};

/// Each number becomes its right neighbour's in the block of threads; the last the first's.
struct Rotate {
  using value_type = int;
  int* numbers;
  int blocks;

  [[nodiscard]] simt::Grid grid() const {
    return {.blocks = blocks, .rows = 2, .threads = 64, .shared = 64 * sizeof(int)};
  }
  [[nodiscard]] int begin(const simt::Thread& thread) const noexcept {
    return 64 * (thread.row * blocks + thread.block);
  }
  void stage(const simt::Thread& thread, int* shared) const noexcept {
    shared[thread.index] = numbers[begin(thread) + thread.index];
  }
  void run(const simt::Thread& thread, const int* shared) const noexcept {
    numbers[begin(thread) + thread.index] = shared[(thread.index + 1) % 64];
  }
};

std::vector<int> counted(std::size_t size) {
  std::vector<int> numbers(size);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

std::vector<int> downloaded(Device& device, const Device::Array<int>& array) {
  std::vector<int> numbers(array.size());
  device.download(array.data(), array.size(), numbers.data());
  return numbers;
}

/// Everything that a device is asked for.
std::vector<int> use_everything() {
  Device device;
  const std::string name = device.name();
  CHECK(name == "GPU 0");
  Device::Array<int> numbers(device, 256, "numbers"), copy(device, 256, "their copy");
  device.upload(counted(256).data(), 256, numbers.data());
  Device::Recording recording;
  for (int time = 0; time < 2; ++time) {
    device.replay(recording, [&] {
      device.launch(Add{numbers.data(), 256, 1});
      device.launch(Rotate{numbers.data(), 2});
    });
  }
  device.copy(numbers.data(), 256, copy.data());
  device.launch(Add{numbers.data(), 256, 1000});  // too late for the copy
  return downloaded(device, copy);
}

}  // namespace

TEST_CASE("a device copies, launches and replays in order") {
  const FreshFake fake;
  const std::vector<int> numbers = use_everything();
  CHECK(fake_cuda.kernels == 5);
  CHECK(fake_cuda.is_empty());
  for (int i = 0; i < 256; ++i) {
    REQUIRE(numbers[static_cast<std::size_t>(i)] == i / 64 * 64 + (i + 2) % 64 + 2);
  }
}

TEST_CASE("each call of the CUDA runtime that fails is told, and nothing is left behind") {
  int calls = 0;
  for (bool failed = true; failed; ++calls) {
    const FreshFake fake;
    fake_cuda.failing_call = calls;
    std::string told;
    try {
      use_everything();
    } catch (const CudaError& error) {
      told = error.what();
    }
    CAPTURE(calls, told, fake_cuda.failed_call);
    failed = !fake_cuda.failed_call.empty();
    CHECK(fake_cuda.is_empty());
    if (!failed) {
      CHECK(told.empty());
    } else if (fake_cuda.failed_call == "cudaGetDeviceCount") {
      CHECK(told == "no CUDA GPU can be used: an illegal memory access was encountered");
    } else {
      CHECK(told.starts_with(fake_cuda.failed_call));
      CHECK(told.find(": an illegal memory access was encountered (cudaErrorIllegalAddress, at ") !=
            std::string::npos);
      CHECK(told.find("device.hpp:") != std::string::npos);
      CHECK(cudaGetLastError() == cudaSuccess);  // told once
    }
  }
  CHECK(calls > 30);
}

TEST_CASE("a recording that fails leaves a device that can record") {
  const FreshFake fake;
  Device device;
  Device::Array<int> numbers(device, 5, "numbers");
  Device::Recording recording;
  const auto add = [&] { device.launch(Add{numbers.data(), 5, 2}); };
  const auto fail = [&] {
    add();
    throw std::runtime_error("not on the way");
  };
  CHECK_THROWS_WITH(device.replay(recording, fail), "not on the way");
  const auto take_memory = [&] { Device::Array<int>(device, 5, "numbers"); };
  CHECK_THROWS_AS(device.replay(recording, take_memory), CudaError);
  device.replay(recording, add);
  device.replay(recording, fail);  // was recorded: is not called
  CHECK(downloaded(device, numbers) == std::vector(5, 4));
}

TEST_CASE("memory of a device is zero, and none is a pointer to nowhere") {
  const FreshFake fake;
  Device device;
  const Device::Array<int> numbers(device, 100, "numbers");
  CHECK(downloaded(device, numbers) == std::vector(100, 0));
  const Device::Array<int> none(device, 0, "nothing");
  CHECK(none.data() == nullptr);
  CHECK(downloaded(device, none).empty());
  device.launch(Add{nullptr, 0, 1});  // has no blocks
  CHECK(fake_cuda.kernels == 0);
}

TEST_CASE("memory that a GPU doesn't have is told with how much, for what, and how much is free") {
  const FreshFake fake;
  Device device;
  const Device::Array<double> some(device, 3 << 17, "some");
  const auto take = [&] { Device::Array<float>(device, 1 << 24, "the replay buffer"); };
  CHECK_THROWS_WITH(take(),
                    "the GPU has no room for the replay buffer: 64 MiB asked for, 61 MiB "
                    "free of 64");
  CHECK(cudaGetLastError() == cudaSuccess);
  const Device::Array<float> fits(device, 1 << 23, "half");
  CHECK(fits.size() == 1 << 23);
}

TEST_CASE("what has no GPU to run on is told so") {
  const FreshFake fake;
  fake_cuda.gpus = 0;
  CHECK_THROWS_WITH(Device(), "no CUDA GPU can be used: there is none");
  fake_cuda.gpus = 2;
  CHECK_THROWS_WITH(Device(2), "cuda::Device: there are 2 GPUs, numbered from 0; got 2");
  CHECK_THROWS_WITH(Device(-1), "cuda::Device: there are 2 GPUs, numbered from 0; got -1");
}

TEST_CASE("two devices keep apart") {
  const FreshFake fake;
  fake_cuda.gpus = 2;
  Device first(0), second(1);
  CHECK(second.name() == "GPU 1");
  Device::Array<int> on_first(first, 4, "numbers"), on_second(second, 4, "numbers");
  Device::Recording recording_first, recording_second;
  for (int time = 0; time < 2; ++time) {
    first.replay(recording_first, [&] { first.launch(Add{on_first.data(), 4, 1}); });
    second.replay(recording_second, [&] { second.launch(Add{on_second.data(), 4, 10}); });
  }
  CHECK(downloaded(first, on_first) == std::vector(4, 2));
  CHECK(downloaded(second, on_second) == std::vector(4, 20));
}
