// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <ebm/core/error.hpp>
#include <string>
#include <string_view>

/// The choice between code for several instruction sets when a program starts.
///
/// Sources that `ebm_target_sources_for_instruction_sets` of CMake, or the same commands by hand,
/// compile once for each set have all that is their own in a namespace `inline
/// EBM_INSTRUCTION_SET`.
namespace ebm::inline EBM_ABI {

/// Instruction sets of x86-64 processors: SSE2 (`-march=x86-64`), AVX2 with FMA (`x86-64-v3`) and
/// AVX-512 (`x86-64-v4`). A processor that has one has those before it.
enum class InstructionSet { sse2, avx2, avx512 };

/// All of them, each after those that it contains.
inline constexpr std::array instruction_sets{InstructionSet::sse2, InstructionSet::avx2,
                                             InstructionSet::avx512};

/// The name by which `instruction_set` finds it.
[[nodiscard]] constexpr std::string_view name_of(InstructionSet set) noexcept {
  constexpr std::array<std::string_view, instruction_sets.size()> names{"sse2", "avx2", "avx512"};
  return names[static_cast<std::size_t>(set)];
}

/// Whether this machine, its operating system included, runs code for `set`.
[[nodiscard]] inline bool is_available(InstructionSet set) noexcept {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                        __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") &&
                          __builtin_cpu_supports("avx512cd") &&
                          __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return std::array{true, has_avx2, has_avx512}[static_cast<std::size_t>(set)];
#else
  return (void)set, false;
#endif
}

/// The newest instruction set that this machine has; `sse2` also on other than x86-64 processors,
/// which have none of them.
[[nodiscard]] inline InstructionSet best_instruction_set() noexcept {
  InstructionSet best = InstructionSet::sse2;
  for (const InstructionSet set : instruction_sets) {
    if (is_available(set)) best = set;
  }
  return best;
}

/// The instruction set of that name: sse2, avx2 or avx512.
///
/// Throws `InvalidArgument` for another name, and for a set that is not `available`.
[[nodiscard]] inline InstructionSet instruction_set(
    std::string_view name, bool (*available)(InstructionSet) noexcept = is_available) {
  std::string here;
  for (const InstructionSet set : instruction_sets) {
    if (available(set)) (here += here.empty() ? "" : ", ") += name_of(set);
  }
  for (const InstructionSet set : instruction_sets) {
    if (name_of(set) != name) continue;
    require(available(set), "this processor has no ", name, here.empty() ? "" : ", only ", here);
    return set;
  }
  throw InvalidArgument(
      sentence("expected the instruction set sse2, avx2 or avx512, got '", name, "'"));
}

/// A function that was compiled for each instruction set.
template <class Signature>
struct PerInstructionSet {
  Signature* sse2;
  Signature* avx2;
  Signature* avx512;

  [[nodiscard]] constexpr Signature* operator[](InstructionSet set) const noexcept {
    return std::array{sse2, avx2, avx512}[static_cast<std::size_t>(set)];
  }
};

}  // namespace ebm::inline EBM_ABI
