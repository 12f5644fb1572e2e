// SPDX-License-Identifier: MIT
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <ebm/parallel/threads.hpp>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/message.hpp"

using ebm::Error;
using ebm::InvalidArgument;
using ebm::Threads;

namespace {

/// How often a run of `n` pieces called each index; throws if two calls share a worker at a time.
std::vector<int> calls_of_each_index(Threads& team, int n) {
  std::vector<std::atomic<int>> calls(static_cast<std::size_t>(n));
  std::vector<std::atomic<bool>> busy(static_cast<std::size_t>(team.workers()));
  team.for_each(n, [&](int index, int worker) {
    auto& own = busy.at(static_cast<std::size_t>(worker));
    if (own.exchange(true)) throw std::logic_error("a worker runs two pieces at once");
    ++calls.at(static_cast<std::size_t>(index));
    own = false;
  });
  return {calls.begin(), calls.end()};
}

}  // namespace

TEST_CASE("a team calls every index once, and no worker twice at a time") {
  for (const int workers : {1, 2, 3, 8}) {
    Threads team(workers);
    CHECK(team.workers() == workers);
    for (const int n : {0, 1, 2, 7, 1000}) {
      CAPTURE(workers, n);
      CHECK(calls_of_each_index(team, n) == std::vector<int>(static_cast<std::size_t>(n), 1));
    }
  }
}

TEST_CASE("a team works together: two pieces that wait for each other finish") {
  Threads team(2);
  std::atomic<int> arrived{0};
  std::vector<int> workers(2, -1);
  team.for_each(2, [&](int index, int worker) {
    workers[static_cast<std::size_t>(index)] = worker;
    ++arrived;
    while (arrived < 2) std::this_thread::yield();
  });
  std::ranges::sort(workers);
  CHECK(workers == std::vector{0, 1});
}

TEST_CASE("the caller is worker 0, and its writes and the team's are seen by each other") {
  Threads team(3);
  const auto caller = std::this_thread::get_id();
  std::vector<long> squares(500);
  std::atomic<int> strangers{0};
  for (int round = 1; round <= 20; ++round) {
    std::iota(squares.begin(), squares.end(), round);
    team.for_each(500, [&](int index, int worker) {
      long& value = squares[static_cast<std::size_t>(index)];
      value *= value;
      if ((worker == 0) != (std::this_thread::get_id() == caller)) ++strangers;
    });
    for (long i = 0; i < 500; ++i) {
      if (squares[static_cast<std::size_t>(i)] != (i + round) * (i + round)) ++strangers;
    }
  }
  CHECK(strangers == 0);
}

TEST_CASE("an exception comes back, stops the rest, and leaves the team working") {
  Threads team(3);
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> running{0}, calls{0};
    const auto piece = [&](int index, int) {
      ++running;
      ++calls;
      const bool bad = index == 10;
      --running;
      if (bad) throw std::runtime_error("piece 10");
    };
    CHECK(message_of<std::runtime_error>([&] { team.for_each(1000000, piece); }) == "piece 10");
    CHECK(running == 0);
    CHECK(calls < 1000000);
    CHECK(calls_of_each_index(team, 100) == std::vector<int>(100, 1));
  }
}

TEST_CASE("an exception in every piece comes back once") {
  Threads team(4);
  CHECK_THROWS_AS(team.for_each(100, [](int, int) { throw std::runtime_error("all"); }),
                  std::runtime_error);
  CHECK_THROWS_AS(team.for_each(1, [](int, int) { throw std::runtime_error("one"); }),
                  std::runtime_error);
  CHECK(calls_of_each_index(team, 10) == std::vector<int>(10, 1));
}

TEST_CASE("a team is used thousands of times") {
  Threads team(2);
  std::atomic<long> sum{0};
  for (int round = 0; round < 5000; ++round) {
    team.for_each(3, [&](int index, int) { sum += index; });
  }
  CHECK(sum == 5000 * 3);
}

TEST_CASE("a team that never worked goes away at once") {
  for (int i = 0; i < 100; ++i) const Threads team(4);
  SUCCEED();
}

TEST_CASE("the number of workers is checked, and 0 means the machine's") {
  CHECK(Threads().workers() >= 1);
  CHECK(message_of<InvalidArgument>([] { Threads team(-1); }) ==
        "Threads: count must be in [0, 1024], got -1");
  CHECK_THROWS_AS(Threads(1025), InvalidArgument);
}

TEST_CASE("a team that is used against its contract says so, and goes on") {
  const std::string message =
      "Threads: for_each was called before an earlier call of the same team had come back: it "
      "neither nests nor has two callers at once";
  for (const int workers : {1, 3}) {
    CAPTURE(workers);
    Threads team(workers);
    CHECK(message_of<Error>([&] {
            team.for_each(5, [&](int, int) { team.for_each(1, [](int, int) {}); });
          }) == message);
    std::atomic<bool> is_inside{false}, is_refused{false};
    std::thread other([&] {
      while (!is_inside) std::this_thread::yield();
      is_refused = message_of<Error>([&] { team.for_each(5, [](int, int) {}); }) == message;
      is_inside = false;
    });
    team.for_each(1, [&](int, int) {
      is_inside = true;
      while (is_inside) std::this_thread::yield();
    });
    other.join();
    CHECK(is_refused);
    CHECK(calls_of_each_index(team, 100) == std::vector<int>(100, 1));

    Threads taken = std::move(team);
    CHECK(calls_of_each_index(taken, 100) == std::vector<int>(100, 1));
    CHECK(message_of<Error>([&] { team.for_each(5, [](int, int) {}); }) ==
          "Threads: the team has been moved from");
  }
}

TEST_CASE("an exception ends the longest of runs") {
  Threads team(4);
  std::atomic<bool> is_wrong{false};
  CHECK_THROWS_AS(team.for_each(std::numeric_limits<int>::max(),
                                [&](int index, int) {
                                  if (index < 0) is_wrong = true;
                                  throw std::runtime_error("no");
                                }),
                  std::runtime_error);
  CHECK_FALSE(is_wrong);
}

TEST_CASE("in a forked child the caller works alone") {
  Threads team(3);
  team.for_each(3, [](int, int) {});
  const ::pid_t child = ::fork();
  if (child == 0) {
    ::alarm(10);  // a child that hangs is killed
    int sum = 0;
    {
      Threads inherited = std::move(team);  // goes away here
      inherited.for_each(100, [&](int index, int worker) { sum += worker == 0 ? index : -1000; });
    }
    Threads own(2);
    own.for_each(2, [](int, int) {});
    ::_exit(sum == 4950 ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(calls_of_each_index(team, 100) == std::vector<int>(100, 1));
}
