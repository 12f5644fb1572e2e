// SPDX-License-Identifier: MIT
// expect: a Shape has one extent .features. or three .channels, rows, columns.
#include <ebm/core/shape.hpp>

int main() {
  return ebm::Shape<28, 28>::size;
}
