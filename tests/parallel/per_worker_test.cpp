// SPDX-License-Identifier: MIT
#include <ebm/parallel/executor.hpp>
#include <ebm/parallel/threads.hpp>
#include <vector>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"

TEST_CASE("each worker has memory of its own, which stays") {
  ebm::Threads threads(3);
  ebm::PerWorker<std::vector<int>> numbers(threads);
  for (int worker = 0; worker < 3; ++worker) numbers[worker].assign(10, worker);
  const auto before = allocation_count();
  numbers.prepare(ebm::Serial());
  numbers.prepare(threads);
  CHECK(allocation_count() == before);
  for (int worker = 0; worker < 3; ++worker) CHECK(numbers[worker] == std::vector<int>(10, worker));
}
