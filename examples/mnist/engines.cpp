// SPDX-License-Identifier: MIT
#include <ebm/core/instruction_set.hpp>

#include "engine.hpp"

namespace ebm_mnist {

using MakeEngine = const Engine&();

#if defined(EBM_MNIST_ALL_INSTRUCTION_SETS)
namespace sse2 {
MakeEngine engine;
}
namespace avx2 {
MakeEngine engine;
}
namespace avx512 {
MakeEngine engine;
}

const Engine& engine_for(const std::string& instruction_set) {
  constexpr ebm::PerInstructionSet<MakeEngine> engines{sse2::engine, avx2::engine, avx512::engine};
  if (instruction_set.empty()) return engines[ebm::best_instruction_set()]();
  try {
    return engines[ebm::instruction_set(instruction_set)]();
  } catch (const ebm::InvalidArgument& error) {
    throw ebm::InvalidArgument(std::string("--cpu: ") + error.what());
  }
}
#else
inline namespace native {
MakeEngine engine;
}

const Engine& engine_for(const std::string& instruction_set) {
  ebm::require(instruction_set.empty(),
               "--cpu: this program is for one processor alone: configure it with "
               "-D EBM_ALL_INSTRUCTION_SETS=ON for one that can choose");
  return engine();
}
#endif

}  // namespace ebm_mnist
