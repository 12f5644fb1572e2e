// SPDX-License-Identifier: MIT
#include "other.hpp"

#include <all_headers.hpp>

std::string text_in_other_unit() {
  return ebm::sentence("lane ", 16);
}
