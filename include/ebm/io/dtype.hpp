// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <ebm/core/abi.hpp>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

/// The element types of the safetensors format and the C++ types that hold them.
namespace ebm::inline EBM_ABI::io {

/// An element type, named as in the file.
enum class DType {
  BOOL,
  U8,
  I8,
  F8_E4M3,
  F8_E5M2,
  U16,
  I16,
  F16,
  BF16,
  U32,
  I32,
  F32,
  U64,
  I64,
  F64,
  C64
};

namespace detail {

struct DTypeTraits {
  DType dtype;
  std::string_view name;
  std::size_t size;  // bytes
};

inline constexpr std::array dtype_table{
    DTypeTraits{DType::BOOL, "BOOL", 1},       DTypeTraits{DType::U8, "U8", 1},
    DTypeTraits{DType::I8, "I8", 1},           DTypeTraits{DType::F8_E4M3, "F8_E4M3", 1},
    DTypeTraits{DType::F8_E5M2, "F8_E5M2", 1}, DTypeTraits{DType::U16, "U16", 2},
    DTypeTraits{DType::I16, "I16", 2},         DTypeTraits{DType::F16, "F16", 2},
    DTypeTraits{DType::BF16, "BF16", 2},       DTypeTraits{DType::U32, "U32", 4},
    DTypeTraits{DType::I32, "I32", 4},         DTypeTraits{DType::F32, "F32", 4},
    DTypeTraits{DType::U64, "U64", 8},         DTypeTraits{DType::I64, "I64", 8},
    DTypeTraits{DType::F64, "F64", 8},         DTypeTraits{DType::C64, "C64", 8},
};

static_assert(
    [] {
      for (std::size_t i = 0; i < dtype_table.size(); ++i) {
        if (static_cast<std::size_t>(dtype_table[i].dtype) != i) return false;
      }
      return true;
    }(),
    "dtype_table is indexed by DType: keep both in one order");

template <class T>
struct DTypeOf {
  static_assert(sizeof(T) == 0,
                "safetensors elements are float, double and the integers of <cstdint>");
};
template <DType D>
struct DTypeConstant {
  static constexpr DType value = D;
};
template <>
struct DTypeOf<std::uint8_t> : DTypeConstant<DType::U8> {};
template <>
struct DTypeOf<std::int8_t> : DTypeConstant<DType::I8> {};
template <>
struct DTypeOf<std::uint16_t> : DTypeConstant<DType::U16> {};
template <>
struct DTypeOf<std::int16_t> : DTypeConstant<DType::I16> {};
template <>
struct DTypeOf<std::uint32_t> : DTypeConstant<DType::U32> {};
template <>
struct DTypeOf<std::int32_t> : DTypeConstant<DType::I32> {};
template <>
struct DTypeOf<float> : DTypeConstant<DType::F32> {};
template <>
struct DTypeOf<std::uint64_t> : DTypeConstant<DType::U64> {};
template <>
struct DTypeOf<std::int64_t> : DTypeConstant<DType::I64> {};
template <>
struct DTypeOf<double> : DTypeConstant<DType::F64> {};

}  // namespace detail

/// The element type that stores `T`.
template <class T>
inline constexpr DType dtype_of = detail::DTypeOf<T>::value;

/// The name in the file, for example "F32".
[[nodiscard]] constexpr std::string_view dtype_name(DType dtype) {
  return detail::dtype_table[static_cast<std::size_t>(dtype)].name;
}

/// Bytes per element.
[[nodiscard]] constexpr std::size_t dtype_size(DType dtype) {
  return detail::dtype_table[static_cast<std::size_t>(dtype)].size;
}

/// The element type of that name, or nothing for a name that this library doesn't know.
[[nodiscard]] constexpr std::optional<DType> dtype_named(std::string_view name) {
  for (const auto& traits : detail::dtype_table) {
    if (traits.name == name) return traits.dtype;
  }
  return std::nullopt;
}

/// Bytes of a tensor, or nothing where a dimension is negative or the product overflows.
[[nodiscard]] constexpr std::optional<std::size_t> byte_size(DType dtype,
                                                             std::span<const std::int64_t> shape) {
  std::size_t bytes = dtype_size(dtype);
  for (const std::int64_t dimension : shape) {
    if (dimension < 0) return std::nullopt;
    const auto factor = static_cast<std::size_t>(dimension);
    if (factor != 0 && bytes > std::numeric_limits<std::size_t>::max() / factor) {
      return std::nullopt;
    }
    bytes *= factor;
  }
  return bytes;
}

}  // namespace ebm::inline EBM_ABI::io
