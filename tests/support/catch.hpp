// SPDX-License-Identifier: MIT
#pragma once

/// Catch2 for the tests, whichever of its major versions 2 and 3 is installed.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>

using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
