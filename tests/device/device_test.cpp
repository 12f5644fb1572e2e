// SPDX-License-Identifier: MIT
#include "support/device_checks.hpp"

#include "support/fake_device.hpp"

using namespace ebm;
using namespace device_checks;

TEST_CASE("a device copies, launches and replays in order") {
  const FreshFake fake;
  check_order();
  CHECK(fake_cuda.kernels == 7);
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
    CHECK(cudaGetLastError() == cudaSuccess);  // told once
    if (!failed) {
      CHECK(told.empty());
    } else if (fake_cuda.failed_call == "cudaGetDeviceCount") {
      CHECK(told == "no CUDA GPU can be used: an illegal memory access was encountered");
    } else {
      CHECK(told.starts_with(fake_cuda.failed_call));
      CHECK(told.find(": an illegal memory access was encountered (cudaErrorIllegalAddress, at ") !=
            std::string::npos);
      CHECK(told.find("device.hpp:") != std::string::npos);
    }
  }
  CHECK(calls > 30);
}

TEST_CASE("a recording that fails leaves a device that can record") {
  const FreshFake fake;
  check_failing_recordings();
}

TEST_CASE("memory of a device is zero, and none is a pointer to nowhere") {
  const FreshFake fake;
  check_memory();
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
  fake_cuda.failing_call = fake_cuda.calls;
  fake_cuda.failure = cudaErrorInsufficientDriver;
  CHECK_THROWS_WITH(Device(), "no CUDA GPU can be used: CUDA driver version is insufficient");
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
  for (int time = 0; time < 3; ++time) {
    first.replay(recording_first, [&] { first.launch(Add{on_first.data(), 4, 1}); });
    second.replay(recording_second, [&] { second.launch(Add{on_second.data(), 4, 10}); });
  }
  CHECK(downloaded(first, on_first) == std::vector(4, 3));
  CHECK(downloaded(second, on_second) == std::vector(4, 30));
}

#if __has_builtin(__builtin_clear_padding)
TEST_CASE("the stand-in refuses kernels that point to the host or to another GPU") {
  const FreshFake fake;
  fake_cuda.gpus = 2;
  Device first(0), second(1);
  std::vector<int> on_host(4);
  Device::Array<int> on_first(first, 4, "numbers");
  CHECK_THROWS_AS(first.launch(Add{on_host.data(), 4, 1}), CudaError);
  CHECK_THROWS_AS(second.launch(Add{on_first.data(), 4, 1}), CudaError);
}
#endif
