// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <ebm/core/error.hpp>
#include <ebm/core/finite.hpp>
#include <ebm/nn/parameters.hpp>
#include <span>
#include <string>
#include <vector>

namespace ebm::inline EBM_ABI {

namespace detail {

/// Satisfied by energies and networks with parameters of their own.
template <class M>
concept HasParameters = requires(const M& model) {
  { model.parameters() } -> std::same_as<std::span<const typename M::value_type>>;
  { model.parameter_infos() } -> std::convertible_to<std::vector<ParameterInfo>>;
};

/// Which parameter is not finite and what it is, of those of a model which has one such.
template <HasParameters M>
[[nodiscard, gnu::cold]] std::string bad_parameter(const M& model) {
  const auto parameters = model.parameters();
  const auto at = static_cast<int>(first_not_finite(parameters));
  const auto value = parameters[static_cast<std::size_t>(at)];
  for (const ParameterInfo& info : model.parameter_infos()) {
    if (at < info.offset || at >= info.offset + info.size) continue;
    return sentence("number ", at - info.offset, " of parameter '", info.name, "' is ", value);
  }
  return sentence("parameter ", at, " is ", value);
}

}  // namespace detail

/// Throws `InvalidArgument`, in the name of `function`, if an energy or a network has a parameter
/// that is not finite, and says which: what is computed of it would be blamed on the samples or the
/// options. A view of an energy has its parameters; its member `original()` returns the energy.
template <class M>
void require_finite_parameters(const char* function, const M& model) {
  if constexpr (detail::HasParameters<M>) {
    if (!all_finite(model.parameters())) {
      throw InvalidArgument(
          sentence(function, ": ", detail::bad_parameter(model), ", expected a finite number"));
    }
  } else if constexpr (requires { model.original(); }) {
    require_finite_parameters(function, model.original());
  }
}

}  // namespace ebm::inline EBM_ABI
