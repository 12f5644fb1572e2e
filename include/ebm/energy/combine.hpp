// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/autodiff/operations.hpp>
#include <ebm/energy/energy.hpp>
#include <functional>
#include <utility>

/// Energies made of energies. Where one of them is trainable, the result is; where two are, it has
/// the parameters of the first, then those of the second.
namespace ebm::inline EBM_ABI {

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

  template <class T>
    requires detail::HasRows<A, T>
  [[nodiscard]] auto at_block(Eigen::Index first, int count) const {
    return energy->template at_block<T>(first, count);
  }

  /// They are changed where the energy lives.
  [[nodiscard]] auto parameters() const
    requires TrainableEnergy<A>
  {
    return std::as_const(*energy).parameters();
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

/// The number of an energy's parameters; 0 if it has none.
template <class E>
std::size_t parameter_count(const E& energy) {
  if constexpr (requires { energy.parameters(); }) {
    return energy.parameters().size();
  } else {
    return 0;
  }
}

/// Calls `f`, which records on the tape, so that what it records adds its parameter gradients from
/// element `offset` on.
template <class Tape, class F>
auto with_parameters_from(Tape& tape, std::size_t offset, const F& f) {
  if constexpr (wants_parameters(Tape::wrt)) {
    if (offset == 0) return f();
    // On the way back the later rule is called first.
    tape.on_backward([&tape, offset] {
      const auto part = tape.parameter_gradient();
      tape.set_parameter_gradient({part.data() - offset, part.size() + offset});
    });
    const auto result = f();
    tape.on_backward([&tape, offset] {
      tape.set_parameter_gradient(tape.parameter_gradient().subspan(offset));
    });
    return result;
  } else {
    return f();
  }
}

// The number type of energies made of others: that of their parameters.
template <class... E>
struct ValueTypeOf {};
template <class A, class... Rest>
struct ValueTypeOf<A, Rest...> : ValueTypeOf<Rest...> {};
template <TrainableEnergy A, class... Rest>
struct ValueTypeOf<A, Rest...> {
  using value_type = typename A::value_type;
};

/// What two energies in one have in common: parts `a` and `b`.
template <class A, class B>
class EnergyPair : public ValueTypeOf<A, B> {
  static_assert(
      std::same_as<typename A::Input, typename B::Input>,
      "energies are combined over samples of one shape; here each is over samples of another");
  static constexpr bool both = TrainableEnergy<A> && TrainableEnergy<B>;

 public:
  using Input = typename A::Input;

  EnergyPair(A a, B b) : a_(std::move(a)), b_(std::move(b)) {
    if constexpr (both) {
      const auto of_a = a_.parameters(), of_b = b_.parameters();
      all_.assign(of_a.begin(), of_a.end());
      all_.insert(all_.end(), of_b.begin(), of_b.end());
    }
  }

  // As `TrainableEnergy`.
  [[nodiscard]] auto parameters() const
    requires(
        requires(const A& energy) { energy.parameters(); } ||
        requires(const B& energy) { energy.parameters(); })
  {
    if constexpr (both) {
      return std::span(all_);
    } else if constexpr (requires { a_.parameters(); }) {
      return a_.parameters();
    } else {
      return b_.parameters();
    }
  }

  [[nodiscard]] std::vector<ParameterInfo> parameter_infos() const
    requires(TrainableEnergy<A> || TrainableEnergy<B>)
  {
    std::vector<ParameterInfo> infos;
    const auto add = [&]<class E>(const E& energy, const char* prefix, std::size_t offset) {
      if constexpr (TrainableEnergy<E>) {
        for (ParameterInfo info : energy.parameter_infos()) {
          if (both) info.name = prefix + info.name;
          info.offset += static_cast<int>(offset);
          infos.push_back(std::move(info));
        }
      }
    };
    add(a_, "a.", 0);
    add(b_, "b.", parameter_count(a_));
    return infos;
  }

  /// See `TrainableEnergy`. Parameters that `change` leaves by an exception count as they are.
  template <class Change>
    requires(TrainableEnergy<A> || TrainableEnergy<B>)
  void change_parameters(const Change& change) {
    if constexpr (both) {
      struct HandOn {
        EnergyPair& pair;
        ~HandOn() { pair.hand_on_parameters(); }
      };
      const HandOn at_the_end{*this};
      change(std::span(all_));
    } else if constexpr (TrainableEnergy<A>) {
      a_.change_parameters(change);
    } else {
      b_.change_parameters(change);
    }
  }

  template <class T>
    requires(TrainableEnergy<A> || TrainableEnergy<B>)
  void finish_gradient(std::span<T> gradient) const {
    const std::size_t of_a = parameter_count(a_);
    if constexpr (TrainableEnergy<A>) ebm::finish_gradient(a_, gradient.first(of_a));
    if constexpr (TrainableEnergy<B>) ebm::finish_gradient(b_, gradient.subspan(of_a));
  }

 protected:
  template <class X>
  auto value_of_b(const X& x) const {
    return with_parameters_from(*x.tape(), parameter_count(a_), [&] { return b_(x); });
  }

  /// Both parts for some rows, handed to `combine`.
  template <class T, class Combine>
  auto parts_at_block(Eigen::Index first, int count, const Combine& combine) const {
    const auto part = [&]<class E>(const E& energy) {
      if constexpr (HasRows<E, T>) {
        return energy.template at_block<T>(first, count);
      } else {
        return reference(energy);
      }
    };
    return combine(part(a_), part(b_));
  }

  A a_;
  B b_;

 private:
  void hand_on_parameters() {
    const auto split = all_.begin() + static_cast<std::ptrdiff_t>(parameter_count(a_));
    a_.change_parameters([&](auto part) { std::copy(all_.begin(), split, part.begin()); });
    b_.change_parameters([&](auto part) { std::copy(split, all_.end(), part.begin()); });
  }

  struct Nothing {};
  template <class E, bool IsKept>
  struct Kept {
    using type = Nothing;
  };
  template <class E>
  struct Kept<E, true> {
    using type = std::vector<typename E::value_type>;
  };
  [[no_unique_address]] typename Kept<A, both>::type all_;
};

}  // namespace detail

/// E(x) = A(x) `Operation` B(x), such as `std::plus<>`.
template <class Operation, class A, class B>
class CombinedEnergy : public detail::EnergyPair<A, B> {
 public:
  using detail::EnergyPair<A, B>::EnergyPair;

  template <class Tape, bool Active>
    requires Energy<A, typename Tape::value_type> && Energy<B, typename Tape::value_type>
  auto operator()(const Var<Tape, typename A::Input, Active>& x) const {
    const auto a = this->a_(x);
    return Operation{}(a, this->value_of_b(x));
  }

  template <class T>
    requires(detail::HasRows<A, T> || detail::HasRows<B, T>)
  [[nodiscard]] auto at_block(Eigen::Index first, int count) const {
    return this->template parts_at_block<T>(first, count, []<class P, class Q>(P p, Q q) {
      return CombinedEnergy<Operation, P, Q>(std::move(p), std::move(q));
    });
  }
};

/// E(x) = A(x) + B(x): the product of two models' densities.
template <class A, class B>
using SumEnergy = CombinedEnergy<std::plus<>, A, B>;

/// E(x) = A(x) - B(x): the quotient of two models' densities. Chains run off where B is high and A
/// is not, unless B has an upper bound.
template <class A, class B>
using DifferenceEnergy = CombinedEnergy<std::minus<>, A, B>;

/// E(x) = A(x) B(x).
template <class A, class B>
using ProductEnergy = CombinedEnergy<std::multiplies<>, A, B>;

/// Operation of `CombinedEnergy`: -ln(e^-a + e^-b).
struct SoftMinimum {
  template <ScalarVar A, ScalarVar B>
  auto operator()(const A& a, const B& b) const {
    return -log_sum_exp(-a, -b);
  }
};

/// E(x) = -ln(exp(-A(x)) + exp(-B(x))): the mixture of two models' densities, each with its Z as
/// weight; made by `mixture`.
///
/// Source: Du, Li, Mordatch, "Compositional Visual Generation with Energy Based Models", 2020: the
/// disjunction of two concepts; their conjunction is `SumEnergy`, and one without the other
/// `DifferenceEnergy`.
template <class A, class B>
using MixtureEnergy = CombinedEnergy<SoftMinimum, A, B>;

/// E(x) = factor A(x): a model at temperature 1 / factor.
template <class A>
class ScaledEnergy : public detail::ValueTypeOf<A> {
 public:
  using Input = typename A::Input;

  ScaledEnergy(A a, double factor) : a_(std::move(a)), factor_(factor) {}

  template <class Tape, bool Active>
    requires Energy<A, typename Tape::value_type>
  auto operator()(const Var<Tape, Input, Active>& x) const {
    return a_(x) * static_cast<typename Tape::value_type>(factor_);
  }

  template <class T>
    requires detail::HasRows<A, T>
  [[nodiscard]] auto at_block(Eigen::Index first, int count) const {
    auto rows = a_.template at_block<T>(first, count);
    return ScaledEnergy<decltype(rows)>(std::move(rows), factor_);
  }

  // As `TrainableEnergy`.
  [[nodiscard]] auto parameters() const
    requires requires(const A& a) { a.parameters(); }
  {
    return a_.parameters();
  }
  [[nodiscard]] auto parameter_infos() const
    requires TrainableEnergy<A>
  {
    return a_.parameter_infos();
  }
  template <class Change>
    requires TrainableEnergy<A>
  void change_parameters(const Change& change) {
    a_.change_parameters(change);
  }
  template <class T>
    requires TrainableEnergy<A>
  void finish_gradient(std::span<T> gradient) const {
    ebm::finish_gradient(a_, gradient);
  }

 private:
  A a_;
  double factor_;
};

/// Energies made of energies, and of energies and numbers; see the types that they return.
/// @{
template <detail::AnyEnergy A, detail::AnyEnergy B>
SumEnergy<A, B> operator+(A a, B b) {
  return {std::move(a), std::move(b)};
}
template <detail::AnyEnergy A, detail::AnyEnergy B>
DifferenceEnergy<A, B> operator-(A a, B b) {
  return {std::move(a), std::move(b)};
}
template <detail::AnyEnergy A, detail::AnyEnergy B>
ProductEnergy<A, B> operator*(A a, B b) {
  return {std::move(a), std::move(b)};
}
template <detail::AnyEnergy A, detail::AnyEnergy B>
MixtureEnergy<A, B> mixture(A a, B b) {
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
/// @}

}  // namespace ebm::inline EBM_ABI
