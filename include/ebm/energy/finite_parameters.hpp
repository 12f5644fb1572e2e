// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/error.hpp>
#include <ebm/core/finite.hpp>
#include <ebm/energy/energy.hpp>
#include <string>

namespace ebm::inline EBM_ABI {

namespace detail {

/// Which parameter is not finite and what it is, of those of an energy which has one such.
template <TrainableEnergy E>
[[nodiscard, gnu::cold]] std::string bad_parameter(const E& energy) {
  const auto parameters = energy.parameters();
  const auto at = static_cast<int>(first_not_finite(parameters));
  const auto value = parameters[static_cast<std::size_t>(at)];
  for (const ParameterInfo& info : energy.parameter_infos()) {
    if (at < info.offset || at >= info.offset + info.size) continue;
    return sentence("number ", at - info.offset, " of parameter '", info.name, "' is ", value);
  }
  return sentence("parameter ", at, " is ", value);
}

}  // namespace detail

/// Throws `InvalidArgument`, in the name of `function`, if the energy has a parameter that is not
/// finite, and says which: what is computed of it would be blamed on the samples or the options.
template <class E>
void require_finite_parameters(const char* function, const E& energy) {
  if constexpr (TrainableEnergy<E>) {
    if (!all_finite(energy.parameters())) {
      throw InvalidArgument(
          sentence(function, ": ", detail::bad_parameter(energy), ", expected a finite number"));
    }
  }
}

}  // namespace ebm::inline EBM_ABI
