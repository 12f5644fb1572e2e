// SPDX-License-Identifier: MIT
#pragma once

#include <string>

/// What the library's `sentence` makes of "lane " and 16 in the other translation unit.
std::string text_in_other_unit();
