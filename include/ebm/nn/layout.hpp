// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/unroll.hpp>
#include <ebm/nn/stage.hpp>
#include <ebm/nn/wiring.hpp>
#include <numeric>

namespace ebm::inline EBM_ABI::detail {

/// The stages of a network, their wiring, and where each finds its parameters.
///
/// Stages: a std::tuple of `Stage`s
template <class Stages>
struct Layout {
  static constexpr int stages = static_cast<int>(std::tuple_size_v<Stages>);
  template <int I>
  using StageAt = std::tuple_element_t<static_cast<std::size_t>(I), Stages>;

  static constexpr auto wiring = []<class... S>(std::type_identity<std::tuple<S...>>) {
    return Wiring<sizeof...(S)>({Wire{S::input, S::skip, S::is_linear, S::Output::size}...});
  }(std::type_identity<Stages>{});
  static constexpr auto plan = wiring.plan();

 private:
  using Offsets = std::array<int, static_cast<std::size_t>(stages) + 1>;
  /// What comes before each stage, and after the last, if a stage has as much as `sizes` says.
  static constexpr Offsets offsets(const Offsets& sizes) {
    Offsets sums{};
    std::exclusive_scan(sizes.begin(), sizes.end(), sums.begin(), 0);
    return sums;
  }
  static constexpr Offsets parameter_offsets =
      []<class... S>(std::type_identity<std::tuple<S...>>) {
        return offsets({S::Layer::weight_count + S::Layer::bias_count..., 0});
      }(std::type_identity<Stages>{});
  static constexpr Offsets frozen_offsets = []<class... S>(std::type_identity<std::tuple<S...>>) {
    return offsets({S::Layer::frozen_size..., 0});
  }(std::type_identity<Stages>{});

 public:
  /// Elements of the parameters, and of the frozen ones, of all stages before stage `I`.
  template <int I>
  static constexpr int parameter_offset = parameter_offsets[I];
  template <int I>
  static constexpr int frozen_offset = frozen_offsets[I];
};

}  // namespace ebm::inline EBM_ABI::detail
