// SPDX-License-Identifier: MIT
// expect: ebm reports errors by exceptions: compile without -fno-exceptions
// flags: -fno-exceptions
#include <ebm/core/shape.hpp>

int main() {}
