// SPDX-License-Identifier: MIT
#include <ebm/simt/emulator.hpp>
#include <stdexcept>

#include "support/catch.hpp"

using namespace ebm;

namespace {

struct Increment {
  int* number;

  [[nodiscard]] simt::Grid grid() const { return {.blocks = 1, .threads = 1}; }
  void run(const simt::Thread&) const noexcept { ++*number; }
};

}  // namespace

TEST_CASE("an emulator repeats what it recorded, and a recording that failed is none") {
  simt::Emulator emulator;
  simt::Emulator::Recording recording;
  int number = 0;
  const auto fail = [&] {
    emulator.launch(Increment{&number});
    throw std::runtime_error("not on the way");
  };
  CHECK_THROWS_WITH(emulator.replay(recording, fail), "not on the way");
  CHECK(number == 0);
  emulator.launch(Increment{&number});  // is not recorded any more
  CHECK(number == 1);
  emulator.replay(recording, [&] { emulator.launch(Increment{&number}); });
  CHECK(number == 2);
  emulator.replay(recording, fail);  // was recorded: is not called
  CHECK(number == 3);
}
