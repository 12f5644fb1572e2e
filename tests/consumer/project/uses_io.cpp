// SPDX-License-Identifier: MIT
// A user's program that writes a file of tensors and reads it again.
#include <algorithm>
#include <array>
#include <ebm/io/io.hpp>
#include <filesystem>

int main() {
  const std::array<float, 2> bias{0.5f, -1.0f};
  ebm::io::SafeTensors tensors;
  tensors.add("linear.bias", {2}, bias);

  const std::filesystem::path file = "consumer.safetensors";
  ebm::io::write_safetensors(file, tensors);
  const ebm::io::SafeTensors read = ebm::io::read_safetensors(file);
  std::filesystem::remove(file);
  return std::ranges::equal(read.get<float>("linear.bias", {2}), bias) ? 0 : 1;
}
