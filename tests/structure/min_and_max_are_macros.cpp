// SPDX-License-Identifier: MIT
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#include <ebm/ebm.hpp>
#include <ebm/log/log.hpp>

int main() {
  return ebm::block_count(0);
}
