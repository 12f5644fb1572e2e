// SPDX-License-Identifier: MIT
// expect: ebm is written in C\+\+20: compile with -std=c\+\+20 or newer
// flags: -std=c++17
#include <ebm/ebm.hpp>
