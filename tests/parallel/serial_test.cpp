// SPDX-License-Identifier: MIT
#include <ebm/parallel/executor.hpp>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"

TEST_CASE("serial runs each index once, in order, on worker 0") {
  const ebm::Serial serial;
  CHECK(serial.workers() == 1);
  std::vector<int> indices;
  serial.for_each(5, [&](int index, int worker) {
    CHECK(worker == 0);
    indices.push_back(index);
  });
  CHECK(indices == std::vector{0, 1, 2, 3, 4});
}

TEST_CASE("serial runs nothing for n = 0 and stops at an exception") {
  const ebm::Serial serial;
  int calls = 0;
  serial.for_each(0, [&](int, int) { ++calls; });
  CHECK(calls == 0);
  CHECK_THROWS_AS(serial.for_each(5,
                                  [&](int index, int) {
                                    ++calls;
                                    if (index == 2) throw std::runtime_error("two");
                                  }),
                  std::runtime_error);
  CHECK(calls == 3);
}
