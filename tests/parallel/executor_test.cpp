// SPDX-License-Identifier: MIT
#include <ebm/parallel/executor.hpp>

#include "support/catch.hpp"

namespace {

struct WithoutWorkers {
  template <class F>
  void for_each(int n, F&& f);
};

struct WithoutForEach {
  int workers();
};

struct OneArgumentTasks {
  int workers();
  void for_each(int n, void (*f)(int));
};

}  // namespace

TEST_CASE("an executor needs workers and a for_each over index and worker") {
  STATIC_REQUIRE_FALSE(ebm::Executor<WithoutWorkers>);
  STATIC_REQUIRE_FALSE(ebm::Executor<WithoutForEach>);
  STATIC_REQUIRE_FALSE(ebm::Executor<OneArgumentTasks>);
  STATIC_REQUIRE_FALSE(ebm::Executor<int>);
}
