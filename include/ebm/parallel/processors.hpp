// SPDX-License-Identifier: MIT
#pragma once

#if defined(__linux__)
#include <sched.h>
#endif

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ebm/core/abi.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

/// How many processors a process may use.
namespace ebm::inline EBM_ABI {

namespace detail {

/// The beginning of a small file; empty if it can't be read.
[[nodiscard]] inline std::string small_file(const std::string& path) {
  std::string text(4096, '\0');
  std::FILE* const file = std::fopen(path.c_str(), "re");
  text.resize(file == nullptr ? 0 : std::fread(text.data(), 1, text.size(), file));
  if (file != nullptr) std::fclose(file);
  return text;
}

/// The whole number that `text` begins with, after blanks; what is read is taken off.
[[nodiscard]] inline std::optional<std::int64_t> next_number(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  std::int64_t number = 0;  // no double: libc++ 19 does not read those yet
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

/// The processor time that a control group may use a second, if it is limited.
///
/// Source: Linux, Documentation/admin-guide/cgroup-v2.rst ("cpu.max") and
/// Documentation/scheduler/sched-bwc.rst (version 1).
[[nodiscard]] inline std::optional<double> quota_of(const std::string& folder) {
  std::string text = small_file(folder + "/cpu.max");
  if (text.empty()) {
    text =
        small_file(folder + "/cpu.cfs_quota_us") + ' ' + small_file(folder + "/cpu.cfs_period_us");
    std::ranges::replace(text, '\n', ' ');
  }
  std::string_view rest = text;
  const auto quota = next_number(rest), period = next_number(rest);
  if (!quota || !period || *quota <= 0 || *period <= 0) return {};  // "max", or -1
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

/// The least quota of a process's control groups and of those around them, rounded up; 0: none.
///
/// root: where they are mounted; groups: the content of /proc/self/cgroup, lines
/// `number:controllers:path`
[[nodiscard]] inline int quota_in_processors(const std::string& root, std::string_view groups) {
  double least = 0;
  while (!groups.empty()) {
    const std::string_view line = groups.substr(0, groups.find('\n'));
    groups.remove_prefix(std::min(line.size() + 1, groups.size()));
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const bool is_second_version = controllers.empty();
    if (!is_second_version && controllers != "cpu" && controllers != "cpu,cpuacct") continue;
    const std::string mount = is_second_version ? root : root + "/" + std::string(controllers);
    for (std::string path(line.substr(second + 1));; path.resize(path.rfind('/'))) {
      if (path.ends_with('/')) path.pop_back();
      const auto quota = quota_of(mount + path);
      if (quota && (least == 0 || *quota < least)) least = *quota;
      if (path.rfind('/') == path.npos) break;
    }
  }
  return static_cast<int>(std::ceil(least));
}

/// The processors that this process may run on.
[[nodiscard]] inline int bound_processors() {
#if defined(__linux__)
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return std::max(1, CPU_COUNT(&allowed));
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace detail

/// The processors that this process may use, at least 1: those that it is bound to (`taskset`), and
/// no more than the time that its control groups give it (a container's limit), rounded up.
[[nodiscard]] inline int available_processors() {
  const int bound = detail::bound_processors();
  const int quota =
      detail::quota_in_processors("/sys/fs/cgroup", detail::small_file("/proc/self/cgroup"));
  return quota > 0 ? std::min(bound, quota) : bound;
}

}  // namespace ebm::inline EBM_ABI
