// SPDX-License-Identifier: MIT
#include "memory.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <ebm/core/error.hpp>
#include <fstream>
#include <limits>
#include <sstream>
#include <string_view>

namespace ebm_mnist {

namespace {

// Bytes of an image: as numbers, and in a picture, enlarged and framed.
constexpr double as_numbers = 28 * 28 * sizeof(float);
constexpr double shown = 60 * 60;

constexpr double unlimited = std::numeric_limits<double>::infinity();

/// The number that a small file consists of; `unlimited` if it can't be read or says "max".
double number_in(const std::string& path) {
  std::ifstream file(path);
  double number = 0;
  return file >> number ? number : unlimited;
}

/// The number after `key` in a file of such lines; `otherwise` if there is none.
double number_after(const std::string& path, std::string_view key, double otherwise) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    double number = 0;
    if (words >> name >> number && name == key) return number;
  }
  return otherwise;
}

/// What is left of the process's address space where that is limited.
double left_of_address_space() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return unlimited;
  const double used = 1024 * number_after("/proc/self/status", "VmSize:", 0);
  return static_cast<double>(limit.rlim_cur) - used;
}

/// The least that is left in the process's control groups and in those around them.
///
/// Source: Linux, Documentation/admin-guide/cgroup-v2.rst, "Memory Interface Files".
double left_in_control_groups() {
  double least = unlimited;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (!line.starts_with("0::")) continue;  // of version 2
    for (std::string path = line.substr(3);; path.resize(path.rfind('/'))) {
      if (path.ends_with('/')) path.pop_back();
      const std::string folder = "/sys/fs/cgroup" + path;
      const double used = number_in(folder + "/memory.current");
      const double most = number_in(folder + "/memory.max");
      // What is read of files goes before a process does.
      const double files = number_after(folder + "/memory.stat", "inactive_file", 0);
      if (most < unlimited && used < unlimited) least = std::min(least, most - used + files);
      if (path.rfind('/') == path.npos) break;
    }
  }
  return least;
}

std::string in_megabytes(double bytes) {
  return ebm::sentence(static_cast<long long>(std::max(0.0, bytes) / 1e6), " MB");
}

}  // namespace

double free_memory() {
  const double machine = 1024 * number_after("/proc/meminfo", "MemAvailable:", unlimited);
  return std::min({machine, left_of_address_space(), left_in_control_groups()});
}

void require_memory(double bytes, const std::string& what) {
  constexpr double own = 50e6;  // of the program and its threads
  const double left = std::max(0.0, free_memory() - own);
  if (bytes <= left) return;
  throw ebm::Error(ebm::sentence(what, " take ", in_megabytes(bytes), " of memory, but only ",
                                 in_megabytes(left), " are free"));
}

double memory_of_picture(double images) {
  return images * (2 * as_numbers + 4 * shown);
}

double memory_of_animation(double images, double frames) {
  return images * as_numbers + 2 * frames * shown;
}

}  // namespace ebm_mnist
