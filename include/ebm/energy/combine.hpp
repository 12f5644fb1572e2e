// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/autodiff/operations.hpp>
#include <ebm/energy/energy.hpp>

/// Energies made of energies.
namespace ebm::inline EBM_ABI {

/// E(x) = A(x) + B(x): the product of two models' densities.
template <class A, class B>
struct SumEnergy {
  static_assert(std::same_as<typename A::Input, typename B::Input>,
                "a sum of energies needs both over samples of one shape");
  using Input = typename A::Input;
  A a;
  B b;

  template <class Tape, bool Active>
    requires Energy<A, typename Tape::value_type> && Energy<B, typename Tape::value_type>
  auto operator()(const Var<Tape, Input, Active>& x) const {
    return a(x) + b(x);
  }
};

/// E(x) = A(x) B(x).
template <class A, class B>
struct ProductEnergy {
  static_assert(std::same_as<typename A::Input, typename B::Input>,
                "a product of energies needs both over samples of one shape");
  using Input = typename A::Input;
  A a;
  B b;

  template <class Tape, bool Active>
    requires Energy<A, typename Tape::value_type> && Energy<B, typename Tape::value_type>
  auto operator()(const Var<Tape, Input, Active>& x) const {
    return a(x) * b(x);
  }
};

/// E(x) = factor A(x): a model at temperature 1 / factor.
template <class A>
struct ScaledEnergy {
  using Input = typename A::Input;
  A a;
  double factor;

  template <class Tape, bool Active>
    requires Energy<A, typename Tape::value_type>
  auto operator()(const Var<Tape, Input, Active>& x) const {
    return a(x) * static_cast<typename Tape::value_type>(factor);
  }
};

/// Refers to an energy that lives elsewhere, such as a network that is being trained.
template <class A>
struct EnergyReference {
  using Input = typename A::Input;
  const A* energy;

  template <class Tape, bool Active>
    requires Energy<A, typename Tape::value_type>
  auto operator()(const Var<Tape, Input, Active>& x) const {
    return (*energy)(x);
  }
};

/// An energy to put into sums without copying it; `energy` must outlive what it is put into.
template <class A>
EnergyReference<A> reference(const A& energy) {
  return {&energy};
}

namespace detail {
template <class E>
concept AnyEnergy = std::is_class_v<E> && (Energy<E, float> || Energy<E, double>);
}

template <detail::AnyEnergy A, detail::AnyEnergy B>
SumEnergy<A, B> operator+(A a, B b) {
  return {std::move(a), std::move(b)};
}
template <detail::AnyEnergy A, detail::AnyEnergy B>
ProductEnergy<A, B> operator*(A a, B b) {
  return {std::move(a), std::move(b)};
}
template <class Factor, detail::AnyEnergy A>
  requires std::is_arithmetic_v<Factor>
ScaledEnergy<A> operator*(Factor factor, A a) {
  return {std::move(a), static_cast<double>(factor)};
}
template <detail::AnyEnergy A, class Factor>
  requires std::is_arithmetic_v<Factor>
ScaledEnergy<A> operator*(A a, Factor factor) {
  return factor * std::move(a);
}

}  // namespace ebm::inline EBM_ABI
