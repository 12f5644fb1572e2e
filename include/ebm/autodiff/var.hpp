// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/autodiff/tape.hpp>

/// A value on a tape.
namespace ebm::inline EBM_ABI {

/// A value of shape `S` (in each lane) on a tape, with its adjoint if it is `Active`.
///
/// A handle: copying it copies pointers. An inactive variable is a constant to the tape.
template <class TapeType, class S = Scalar, bool Active = true>
class Var {
 public:
  using Tape = TapeType;
  using shape = S;
  using value_type = typename Tape::value_type;
  using PackType = typename Tape::PackType;
  static constexpr bool active = Active;

  Var(Tape& tape, const PackType* value, PackType* adjoint) noexcept
      : tape_(&tape), value_(value), adjoint_(adjoint) {}

  [[nodiscard]] Tape* tape() const noexcept { return tape_; }

  /// The elements, in memory order [row][column][channel].
  [[nodiscard]] const PackType* data() const noexcept { return value_; }
  /// d output / d element after `Tape::backward`, same order; null if inactive.
  [[nodiscard]] PackType* adjoint_data() const noexcept { return adjoint_; }

  /// The value of a scalar.
  [[nodiscard]] const PackType& value() const noexcept
    requires std::same_as<S, Scalar>
  {
    return *value_;
  }
  [[nodiscard]] const PackType& adjoint() const noexcept
    requires(std::same_as<S, Scalar> && Active)
  {
    return *adjoint_;
  }

  /// Element `index` in [0, S::size) as a scalar variable; costs nothing.
  [[nodiscard]] auto operator[](int index) const noexcept {
    return Var<Tape, Scalar, Active>(*tape_, value_ + index, Active ? adjoint_ + index : nullptr);
  }
  /// One pixel of an image shape, in the order of PyTorch's indices.
  [[nodiscard]] auto operator()(int channel, int row, int column) const noexcept {
    return (*this)[S::offset(channel, row, column)];
  }
  [[nodiscard]] static constexpr int size() noexcept { return S::size; }

  /// adjoint += contribution; nothing if inactive.
  EBM_INLINE void add_adjoint(const PackType& contribution) const noexcept {
    if constexpr (Active) *adjoint_ += contribution;
  }

 private:
  Tape* tape_;
  const PackType* value_;
  PackType* adjoint_;
};

namespace detail {
template <class>
inline constexpr bool is_scalar_var = false;
template <class Tape, bool Active>
inline constexpr bool is_scalar_var<Var<Tape, Scalar, Active>> = true;
}  // namespace detail

/// Satisfied by a `Var` of one number a lane.
template <class V>
concept ScalarVar = detail::is_scalar_var<V>;

}  // namespace ebm::inline EBM_ABI
