// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <ebm/core/standard_normal.hpp>
#include <ratio>

/// Activation functions: value and slope of one element, for layers and for formulas on the tape.
namespace ebm::inline EBM_ABI::kernels {

/// Satisfied by functions of one element: `A::value(a)`, and `A::value_and_slope(a, value, slope)`,
/// which gives the derivative as well. Packs of any width and type.
///
/// `Sequential` fuses an activation into the layer before it, and keeps the slope for the way back.
template <class A>
concept Activation = requires(const Pack<float>& a, Pack<float>& value, Pack<float>& slope) {
  { A::value(a) } -> std::same_as<Pack<float>>;
  A::value_and_slope(a, value, slope);
};

/// The value alone, of an activation that computes both at once; what only the slope needs is
/// optimised away.
template <class A, class V>
EBM_INLINE V value_without_slope(const V& a) noexcept {
  V value, slope;
  A::value_and_slope(a, value, slope);
  return value;
}

/// a -> a.
struct Identity {
  template <class V>
  static EBM_INLINE V value(const V& a) noexcept {
    return a;
  }
  template <class V>
  static EBM_INLINE void value_and_slope(const V& a, V& value, V& slope) noexcept {
    value = a;
    slope = V(typename V::value_type(1));
  }
};

/// a -> a s(a) with the sigmoid s; slope s(a) + a s(a) (1 - s(a)).
///
/// Source: Ramachandran, Zoph, Le, "Searching for Activation Functions", 2017 (also called SiLU).
struct Swish {
  template <class V>
  static EBM_INLINE V value(const V& a) noexcept {
    return a * sigmoid(a);
  }
  template <class V>
  static EBM_INLINE void value_and_slope(const V& a, V& value, V& slope) noexcept {
    const V s = sigmoid(a);
    value = a * s;
    slope = fma(value, V(typename V::value_type(1)) - s, s);
  }
};

/// a -> max(a, 0); slope 1 for a > 0, else 0.
///
/// Source: Nair and Hinton, "Rectified Linear Units Improve Restricted Boltzmann Machines", 2010.
struct Relu {
  template <class V>
  static EBM_INLINE V value(const V& a) noexcept {
    return max(a, V(typename V::value_type(0)));
  }
  template <class V>
  static EBM_INLINE void value_and_slope(const V& a, V& value, V& slope) noexcept {
    using T = typename V::value_type;
    value = Relu::value(a);
    slope = select(a > V(T(0)), V(T(1)), V(T(0)));
  }
};

/// a -> a for a > 0, else a times a number in [0, 1), a `std::ratio`; slope 1 or that number.
///
/// Source: Maas, Hannun, Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models",
/// 2013.
template <class Slope = std::ratio<1, 100>>
struct LeakyRelu {
  static_assert(Slope::num >= 0 && Slope::num < Slope::den,
                "the slope of LeakyRelu below 0 is in [0, 1)");

  template <class V>
  static EBM_INLINE V value(const V& a) noexcept {
    return max(a, a * below<V>());
  }
  template <class V>
  static EBM_INLINE void value_and_slope(const V& a, V& value, V& slope) noexcept {
    using T = typename V::value_type;
    value = LeakyRelu::value(a);
    slope = select(a > V(T(0)), V(T(1)), below<V>());
  }

 private:
  template <class V>
  static EBM_INLINE V below() noexcept {
    using T = typename V::value_type;
    return V(static_cast<T>(static_cast<double>(Slope::num) / static_cast<double>(Slope::den)));
  }
};

/// a -> ln(1 + e^a); slope s(a), the sigmoid.
///
/// Source: Dugas, Bengio, Belisle, Nadeau, Garcia, "Incorporating Second-Order Functional Knowledge
/// for Better Option Pricing", 2001.
struct Softplus {
  template <class V>
  static EBM_INLINE V value(const V& a) noexcept {
    return softplus(a);
  }
  template <class V>
  static EBM_INLINE void value_and_slope(const V& a, V& value, V& slope) noexcept {
    value = softplus(a);
    slope = sigmoid(a);
  }
};

/// a -> a for a > 0, else e^a - 1; slope 1 or e^a.
///
/// Near 0 the absolute, not the relative error of negative values is small.
/// Source: Clevert, Unterthiner, Hochreiter, "Fast and Accurate Deep Network Learning by
/// Exponential Linear Units (ELUs)", 2016, eq. 15 with alpha = 1.
struct Elu {
  template <class V>
  static EBM_INLINE V value(const V& a) noexcept {
    return value_without_slope<Elu>(a);
  }
  template <class V>
  static EBM_INLINE void value_and_slope(const V& a, V& value, V& slope) noexcept {
    using T = typename V::value_type;
    const V one(T(1));
    slope = exp(min(a, V(T(0))));
    value = select(a > V(T(0)), a, slope - one);
  }
};

/// a -> a P(Z <= a) with standard normal Z; slope P(Z <= a) + a p(a) with the density p.
///
/// PyTorch's `gelu` with `approximate='none'`.
/// Source: Hendrycks and Gimpel, "Gaussian Error Linear Units (GELUs)", 2016.
struct Gelu {
  template <class V>
  static EBM_INLINE V value(const V& a) noexcept {
    return value_without_slope<Gelu>(a);
  }
  template <class V>
  static EBM_INLINE void value_and_slope(const V& a, V& value, V& slope) noexcept {
    V density, cdf;
    standard_normal(a, density, cdf);
    value = a * cdf;
    slope = fma(a, density, cdf);
  }
};

/// a -> tanh a; slope 1 - tanh^2 a.
struct Tanh {
  template <class V>
  static EBM_INLINE V value(const V& a) noexcept {
    return tanh(a);
  }
  template <class V>
  static EBM_INLINE void value_and_slope(const V& a, V& value, V& slope) noexcept {
    value = tanh(a);
    slope = V(typename V::value_type(1)) - value * value;
  }
};

static_assert(Activation<Identity> && Activation<Swish> && Activation<Relu> &&
              Activation<LeakyRelu<>> && Activation<Softplus> && Activation<Elu> &&
              Activation<Gelu> && Activation<Tanh>);

}  // namespace ebm::inline EBM_ABI::kernels
