// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <ebm/core/attributes.hpp>
#include <ebm/core/pack.hpp>
#include <type_traits>

/// The loop of optimisers over a vector of parameters; here a lane is a parameter.
namespace ebm::inline EBM_ABI::kernels {

namespace detail {

/// Calls `step` with the packs at these places, and stores what it makes of those that may change.
template <class Step, class... T>
EBM_INLINE void update_pack(const Step& step, T*... places) noexcept {
  const auto update = [&](auto... packs) EBM_INLINE_LAMBDA {
    step(packs...);
    const auto store = [](const auto& pack, auto* place) {
      if constexpr (!std::is_const_v<std::remove_pointer_t<decltype(place)>>) {
        pack.store_unaligned(place);
      }
    };
    (store(packs, places), ...);
  };
  update(Pack<std::remove_const_t<T>>::load_unaligned(places)...);
}

/// The last few elements of an array in lanes of their own, beside zeros.
template <class T>
struct LastLanes {
  T* array;
  std::size_t count;
  std::remove_const_t<T> values[lanes] = {};

  LastLanes(T* from, std::size_t number) : array(from), count(number) {
    std::copy_n(from, number, values);
  }
  [[nodiscard]] T* place() noexcept { return values; }
  void store() const noexcept {
    if constexpr (!std::is_const_v<T>) std::copy_n(values, count, array);
  }
};

}  // namespace detail

/// Applies `step` to `count` parameters and what goes with each of them.
///
/// step: called with packs of the arrays' elements, in their order, as `step(V& p, ...)`; what it
/// makes of zeros is harmless
/// arrays: [parameter], `const T*` for what stays as it is
template <class Step, class... T>
void update(const Step& step, std::size_t count, T*... arrays) noexcept {
  std::size_t first = 0;
  for (; first + lanes <= count; first += lanes) detail::update_pack(step, (arrays + first)...);
  const auto update_last = [&](auto... ends) {
    detail::update_pack(step, ends.place()...);
    (ends.store(), ...);
  };
  update_last(detail::LastLanes<T>(arrays + first, count - first)...);
}

}  // namespace ebm::inline EBM_ABI::kernels
