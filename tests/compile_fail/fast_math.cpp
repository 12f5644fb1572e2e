// SPDX-License-Identifier: MIT
// expect: ebm needs IEEE arithmetic: compile without -ffast-math
// flags: -ffast-math -Ofast -ffinite-math-only
#include <ebm/core/shape.hpp>

int main() {}
