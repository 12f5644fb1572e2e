// SPDX-License-Identifier: MIT
#include <ebm/cuda/device.hpp>

using MachineUnderTest = ebm::cuda::Device;

#include "support/device_checks.hpp"
#include "support/machine_cases.hpp"

TEST_CASE("a GPU copies, launches and replays in order") {
  device_checks::check_order();
}

TEST_CASE("a recording that fails leaves a GPU that can record") {
  device_checks::check_failing_recordings();
}

TEST_CASE("memory of a GPU is zero, and none is a pointer to nowhere") {
  device_checks::check_memory();
}

TEST_CASE("memory that a GPU doesn't have is refused with what it was for") {
  ebm::cuda::Device machine;
  using Array = ebm::cuda::Device::Array<float>;
  constexpr std::size_t too_many = std::size_t{1} << 46;
  try {
    const Array array(machine, too_many, "the test's numbers");
    FAIL("no GPU has 256 TiB");
  } catch (const ebm::cuda::CudaError& error) {
    CHECK(std::string(error.what()).starts_with("the GPU has no room for the test's numbers: "));
  }
  const Array array(machine, 10, "ten numbers");  // and goes on after that
  CHECK(array.size() == 10);
}
