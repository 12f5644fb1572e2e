// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <ebm/core/error.hpp>
#include <ebm/core/finite.hpp>
#include <ebm/io/quoted.hpp>
#include <ebm/io/safetensors.hpp>
#include <span>
#include <string_view>

namespace ebm::inline EBM_ABI::io::detail {

/// Throws Error that names the first value of a tensor that is not finite, if there is one.
template <class T>
void require_finite_tensor(const SafeTensors& content, std::string_view name,
                           std::span<const T> values) {
  if (all_finite(values)) return;
  const std::size_t at = first_not_finite(values);
  throw Error(sentence("number ", at, " of tensor ", quoted_text(name), " of ", content.source(),
                       " is ", values[at], ", expected a finite number"));
}

}  // namespace ebm::inline EBM_ABI::io::detail
