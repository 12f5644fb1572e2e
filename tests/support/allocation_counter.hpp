// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

/// How often this program has taken memory with `new`, aligned or not.
///
/// Programs that are linked with allocation_counter.cpp count.
[[nodiscard]] std::size_t allocation_count() noexcept;
