// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <ebm/autodiff/var.hpp>
#include <ebm/core/samples.hpp>
#include <ebm/nn/parameters.hpp>
#include <span>
#include <vector>

/// What an energy is.
namespace ebm::inline EBM_ABI {

namespace detail {
template <class E, class T>
concept HasRows = requires(const E& energy, Eigen::Index row, int count) {
  energy.template at_block<T>(row, count);
};

template <class T>
struct AnyChange {  // nvcc's front end takes no lambda in a concept
  void operator()(std::span<T>) const {}
};
}  // namespace detail

/// The energy of the rows [first, first + count) of a batch, at most a block: the energy itself, or
/// what its member `at_block<T>(first, count)` returns.
///
/// So rows may differ by what is known of each, such as an observation or a class. What is returned
/// must live as long as it is used.
template <class T, class E>
decltype(auto) at_block(const E& energy, Eigen::Index first, int count) {
  if constexpr (detail::HasRows<E, T>) {
    return energy.template at_block<T>(first, count);
  } else {
    return (energy);
  }
}

/// Satisfied by types that give every sample of a block its energy E(x), on the tape of x.
///
/// `Input` is the shape of one sample; calling `at_block` of the energy with a variable of that
/// shape returns a scalar variable. Low energy means likely: p(x) is proportional to exp(-E(x)).
/// Calls are const, and safe from several threads with a tape each. What a call records refers to
/// the energy, which must live until the tape has been swept: a formula that uses an energy must
/// not make it on the spot.
template <class E, class T = float>
concept Energy =
    requires(const E& energy, const Var<Tape<T, Wrt::inputs>, typename E::Input, true>& x) {
      { at_block<T>(energy, 0, 1)(x) } -> ScalarVar;
    };

/// Satisfied by energies with parameters that an optimiser can change.
///
/// `parameters()` is the flat vector of them, as `parameter_infos()` describes it.
/// `change_parameters(f)` calls `f` with a mutable span of them and makes the change count, not
/// while another thread evaluates the energy. A tape with `Wrt::parameters` adds d E / d parameters
/// in that order. An energy may have `finish_gradient(gradient)`, const: what tapes have added up
/// is the gradient only after one call of it, which whoever adds up makes by
/// `ebm::finish_gradient`. So a network with `SpectralNorm` goes through the norm once, and not for
/// each block.
template <class E>
concept TrainableEnergy =
    Energy<E, typename E::value_type> && requires(E& energy, const E& constant) {
      { constant.parameters() } -> std::same_as<std::span<const typename E::value_type>>;
      { constant.parameter_infos() } -> std::convertible_to<std::vector<ParameterInfo>>;
      energy.change_parameters(detail::AnyChange<typename E::value_type>{});
    };

/// Completes a sum of parameter gradients, where the energy has something to do.
///
/// gradient: [parameter], the sum of what tapes have added, with any weights
template <TrainableEnergy E>
void finish_gradient(const E& energy, std::span<typename E::value_type> gradient) {
  if constexpr (requires { energy.finish_gradient(gradient); }) energy.finish_gradient(gradient);
}

}  // namespace ebm::inline EBM_ABI
