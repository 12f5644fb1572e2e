// SPDX-License-Identifier: MIT
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#include <ebm/ebm.hpp>
#include <ebm/io/io.hpp>

int main() {
  return ebm::block_count(0);
}
