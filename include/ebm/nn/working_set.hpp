// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <ebm/autodiff/tape.hpp>

namespace ebm::inline EBM_ABI {

/// Bytes that a Langevin step of one block of 16 chains reads and writes, where the energy is the
/// network `Net`: the chains, their gradient, what the network records, and its weights, packed for
/// both directions.
///
/// Steps run at full speed where a core's second-level cache holds about that much; the weights are
/// shared by all cores, the rest is each core's own.
template <class Net, class T = float>
constexpr std::size_t working_set_bytes() {
  constexpr int packs = 2 * Net::Input::size + Net::template recorded_packs<Wrt::inputs>;
  return packs * sizeof(Pack<T>) + Net::frozen_size * sizeof(T);
}

}  // namespace ebm::inline EBM_ABI
