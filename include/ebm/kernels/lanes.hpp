// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/dual.hpp>

/// Who computes a block: a core, a register of its 16 lanes at a time, or threads, one lane each.
///
/// Kernels are templates over this and nothing else, so a GPU computes with the same functions, and
/// to the same bits, as a CPU.
namespace ebm::inline EBM_ABI::kernels {

/// `Width` lanes at a time of blocks whose elements are `Stride` lanes apart.
template <class T, int Width, int Stride>
struct Lanes {
  using value_type = T;
  using Vector = Pack<T, Width>;
  using Register = typename Vector::Register;
  static constexpr int stride = Stride;
  /// How often that makes a whole block.
  static constexpr int vectors = Stride / Width;
};

/// A block of a CPU, register by register.
template <class T>
using RegisterOfBlock = Lanes<T, simd::width<T, lanes>, lanes>;

/// A block of a CPU, all lanes at once: for what needs few registers.
template <class T>
using WholeBlock = Lanes<T, lanes, lanes>;

/// Lanes of a GPU's block: the threads of a warp.
inline constexpr int warp_lanes = 32;

/// The lane of one thread of a GPU.
template <class T>
using OneThread = Lanes<T, 1, warp_lanes>;

/// The elements of a block, as vectors of the lanes that are computed together.
///
/// T is const where they are only read; first: [element][lane], at the first of those lanes
template <class L, class T = typename L::value_type>
struct Elements {
  using Vector = typename L::Vector;
  T* first;

  [[nodiscard]] EBM_INLINE Vector operator[](int element) const noexcept {
    return Vector::load(first + element * L::stride);
  }
  EBM_INLINE void store(int element, const Vector& value) const noexcept {
    value.store(first + element * L::stride);
  }
};

/// The elements of a CPU's block; x: [element]
/// @{
template <class T>
EBM_INLINE Elements<WholeBlock<T>> elements_of(Pack<T>* x) noexcept {
  return {reinterpret_cast<T*>(x)};
}
template <class T>
EBM_INLINE Elements<WholeBlock<T>, const T> elements_of(const Pack<T>* x) noexcept {
  return {reinterpret_cast<const T*>(x)};
}
/// @}

namespace detail {
template <class Pointer>
struct VectorAt;
template <class T>
struct VectorAt<const T*> {
  using type = Pack<T>;
};
template <class Pointer>
struct VectorAt<DualPointer<Pointer>> {
  using type = Dual<typename VectorAt<Pointer>::type>;
};
}  // namespace detail

/// The elements of a CPU's block of duals, to read; Pointer: to const elements
template <class Pointer>
struct DualElements {
  using Vector = typename detail::VectorAt<DualPointer<Pointer>>::type;
  DualPointer<Pointer> first;

  [[nodiscard]] EBM_INLINE Vector operator[](int element) const noexcept {
    return load_from<Vector>(first + std::ptrdiff_t{element} * lanes);
  }
};

/// The elements of a CPU's block of any numbers, to read; x: [element][lane]
/// @{
template <class T>
EBM_INLINE Elements<WholeBlock<T>, const T> elements_at(const T* x) noexcept {
  return {x};
}
template <class Pointer>
EBM_INLINE DualElements<Pointer> elements_at(const DualPointer<Pointer>& x) noexcept {
  return {x};
}
/// @}

}  // namespace ebm::inline EBM_ABI::kernels
