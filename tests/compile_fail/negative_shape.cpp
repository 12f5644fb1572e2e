// SPDX-License-Identifier: MIT
// expect: every extent of a Shape is at least 1
#include <ebm/core/shape.hpp>

int main() {
  return ebm::Shape<1, -28, 28>::size;
}
