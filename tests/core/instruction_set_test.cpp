// SPDX-License-Identifier: MIT
#include <ebm/core/instruction_set.hpp>

#include "support/catch.hpp"
#include "support/message.hpp"

using ebm::InstructionSet;

TEST_CASE("the best instruction set is the last that is available") {
  if (!is_available(InstructionSet::sse2)) return;  // not an x86-64 processor
  const InstructionSet best = ebm::best_instruction_set();
  for (const InstructionSet set : ebm::instruction_sets) {
    CHECK(is_available(set) == (set <= best));
    if (set <= best) CHECK(ebm::instruction_set(name_of(set)) == set);
  }
}

TEST_CASE("an instruction set that is unknown or not available is refused by a sentence") {
  const auto old = [](InstructionSet set) noexcept { return set <= InstructionSet::avx2; };
  const auto refusal = [&](std::string_view name) {
    return message_of<ebm::InvalidArgument>([&] { (void)ebm::instruction_set(name, old); });
  };
  CHECK(ebm::instruction_set("avx2", old) == InstructionSet::avx2);
  CHECK(refusal("avx512") == "this processor has no avx512, only sse2, avx2");
  CHECK(refusal("AVX2") == "expected the instruction set sse2, avx2 or avx512, got 'AVX2'");
  CHECK(refusal("") == "expected the instruction set sse2, avx2 or avx512, got ''");
}

TEST_CASE("a function for each instruction set is found by the set") {
  constexpr ebm::PerInstructionSet<int()> numbers{[] { return 2; }, [] { return 3; },
                                                  [] { return 5; }};
  CHECK(numbers[InstructionSet::sse2]() == 2);
  CHECK(numbers[InstructionSet::avx2]() == 3);
  CHECK(numbers[InstructionSet::avx512]() == 5);
}
