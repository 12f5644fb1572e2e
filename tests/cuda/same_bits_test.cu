// SPDX-License-Identifier: MIT
#include <ebm/cuda/device.hpp>

#include "support/machine_checks.hpp"

/// What tests/simt/same_bits_test.cpp asks of an emulator, asked of a GPU.

TEST_CASE("a GPU's threads give the scores and input gradients of a CPU, bit by bit") {
  ebm::cuda::Device machine;
  machine_checks::check_scores_and_gradients(machine);
}

TEST_CASE("a GPU's threads walk a CPU's chains, bit by bit") {
  ebm::cuda::Device machine;
  machine_checks::check_samplers(machine);
}

TEST_CASE("a GPU's threads train to a CPU's bits, also when stopped and gone on with") {
  ebm::cuda::Device machine;
  machine_checks::check_trainers(machine);
}

TEST_CASE("other losses, moments and clips are a CPU's too") {
  ebm::cuda::Device machine;
  machine_checks::check_other_recipes(machine);
}

TEST_CASE("what stops being finite on a machine is told as on a CPU") {
  ebm::cuda::Device machine;
  machine_checks::check_divergence(machine);
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
