// SPDX-License-Identifier: MIT
// One of two translation units that include every header of the library.
#include <all_headers.hpp>

#include "other.hpp"

int main() {
  return text_in_other_unit() == ebm::sentence("lane ", 16) ? 0 : 1;
}
