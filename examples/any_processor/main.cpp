// SPDX-License-Identifier: MIT
#include <cstdio>
#include <ebm/core/instruction_set.hpp>
#include <exception>
#include <vector>

/// One program that uses the best instruction set of the processor that it finds itself on, or the
/// one that is named: example_any_processor [sse2|avx2|avx512].
namespace any_processor {

using Energies = void(const float* points, int count, float* energies);
namespace sse2 {
Energies energies;
}
namespace avx2 {
Energies energies;
}
namespace avx512 {
Energies energies;
}
constexpr ebm::PerInstructionSet<Energies> energies{sse2::energies, avx2::energies,
                                                    avx512::energies};

}  // namespace any_processor

int main(int argc, char** argv) {
  try {
    const ebm::InstructionSet set =
        argc > 1 ? ebm::instruction_set(argv[1]) : ebm::best_instruction_set();
    const std::vector<float> points{0, 0, 1, -1, 0.5f, 2};  // [point][coordinate]
    std::vector<float> result(points.size() / 2);
    any_processor::energies[set](points.data(), static_cast<int>(result.size()), result.data());
    for (const float energy : result) std::printf("%a ", static_cast<double>(energy));
    std::printf("by %s\n", ebm::name_of(set).data());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
