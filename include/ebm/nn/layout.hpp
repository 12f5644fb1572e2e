// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/unroll.hpp>
#include <ebm/nn/stage.hpp>
#include <ebm/nn/wiring.hpp>

namespace ebm::detail {

/// The stages of a network, their wiring, and where each finds its parameters.
///
/// Stages: a std::tuple of `Stage`s
template <class Stages>
struct Layout {
  static constexpr int stages = static_cast<int>(std::tuple_size_v<Stages>);
  template <int I>
  using StageAt = std::tuple_element_t<static_cast<std::size_t>(I), Stages>;

  static constexpr auto wiring = []<class... S>(std::type_identity<std::tuple<S...>>) {
    return Wiring<sizeof...(S)>{{Wire{S::input, S::skip, S::is_linear, S::Output::size}...}};
  }(std::type_identity<Stages>{});
  static constexpr auto plan = wiring.plan();

  /// Elements of the parameters, and of the frozen ones, of all stages before stage `I`.
  template <int I>
  static constexpr int parameter_offset = [] {
    int offset = 0;
    unroll<I>(
        [&](auto i) { offset += StageAt<i>::Layer::weight_count + StageAt<i>::Layer::bias_count; });
    return offset;
  }();
  template <int I>
  static constexpr int frozen_offset = [] {
    int offset = 0;
    unroll<I>([&](auto i) { offset += StageAt<i>::Layer::frozen_size; });
    return offset;
  }();
};

}  // namespace ebm::detail
