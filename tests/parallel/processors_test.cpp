// SPDX-License-Identifier: MIT
#if defined(__linux__)
#include <sched.h>
#endif

#include <ebm/parallel/processors.hpp>
#include <ebm/parallel/threads.hpp>
#include <filesystem>
#include <fstream>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

using ebm::detail::quota_in_processors;

/// Writes what a control group says of itself.
void write(const std::filesystem::path& file, const char* text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

}  // namespace

TEST_CASE("the least quota of a process's control groups counts, rounded up") {
  const TemporaryFolder folder;
  const std::string root = folder.path().string();
  CHECK(quota_in_processors(root, "0::/a/b\n") == 0);
  write(folder / "a/b/cpu.max", "max 100000\n");
  CHECK(quota_in_processors(root, "0::/a/b\n") == 0);
  write(folder / "a/cpu.max", "250000 100000\n");
  CHECK(quota_in_processors(root, "0::/a/b\n") == 3);
  write(folder / "cpu.max", "100000 100000\n");
  CHECK(quota_in_processors(root, "0::/a/b\n") == 1);
  CHECK(quota_in_processors(root, "0::/\n") == 1);
  CHECK(quota_in_processors(root, "") == 0);
  CHECK(quota_in_processors(root, "nonsense\n:\n") == 0);
}

TEST_CASE("control groups of the first version limit processors too") {
  const TemporaryFolder folder;
  const std::string root = folder.path().string(),
                    groups = "12:pids:/x\n4:cpu,cpuacct:/x\n1:name=systemd:/x\n";
  write(folder / "cpu,cpuacct/x/cpu.cfs_quota_us", "-1\n");
  write(folder / "cpu,cpuacct/x/cpu.cfs_period_us", "100000\n");
  CHECK(quota_in_processors(root, groups) == 0);
  write(folder / "cpu,cpuacct/x/cpu.cfs_quota_us", "150000\n");
  CHECK(quota_in_processors(root, groups) == 2);
}

#if defined(__linux__)
TEST_CASE("a process that is bound to one processor has one worker") {
  cpu_set_t before, one;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  std::size_t first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  const int workers = ebm::Threads().workers();
  CHECK(sched_setaffinity(0, sizeof before, &before) == 0);
  CHECK(workers == 1);
  CHECK(ebm::available_processors() >= 1);
}
#endif
