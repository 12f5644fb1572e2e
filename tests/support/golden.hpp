// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/samples.hpp>
#include <ebm/io/safetensors.hpp>
#include <ebm/nn/parameters.hpp>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

/// The golden numbers of a file in tests/data, in the type under test.
class Golden {
 public:
  explicit Golden(const char* file)
      : tensors_(ebm::io::read_safetensors(std::filesystem::path(EBM_TEST_DATA_DIR) / file)) {}

  /// A tensor's elements in memory order.
  template <class T>
  [[nodiscard]] std::vector<T> values(const std::string& name) const {
    const auto convert = [](auto stored) {
      std::vector<T> converted;
      converted.reserve(stored.size());
      for (const auto value : stored) converted.push_back(static_cast<T>(value));
      return converted;
    };
    if (tensors_.at(name).dtype == ebm::io::DType::F32) return convert(tensors_.get<float>(name));
    return convert(tensors_.get<double>(name));
  }

  /// A tensor with one sample in each entry of its first dimension.
  template <class T>
  [[nodiscard]] ebm::Samples<T> samples(const std::string& name) const {
    const auto elements = values<T>(name);
    const auto rows = static_cast<Eigen::Index>(tensors_.shape(name).at(0));
    return Eigen::Map<const ebm::Samples<T>>(elements.data(), rows,
                                             static_cast<Eigen::Index>(elements.size()) / rows);
  }

  /// The tensors `prefix` + parameter name, joined as `infos` says; their shapes must be the same.
  template <class T>
  [[nodiscard]] std::vector<T> parameters(const std::string& prefix,
                                          std::span<const ebm::ParameterInfo> infos) const {
    std::vector<T> joined;
    for (const auto& info : infos) {
      const auto& shape = tensors_.shape(prefix + info.name);
      if (!std::ranges::equal(shape, info.shape)) {
        throw ebm::Error(prefix + info.name + " has another shape than the network's parameter");
      }
      const auto part = values<T>(prefix + info.name);
      joined.insert(joined.end(), part.begin(), part.end());
    }
    return joined;
  }

 private:
  ebm::io::SafeTensors tensors_;
};
