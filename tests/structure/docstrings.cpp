// SPDX-License-Identifier: MIT
// What clang's -Wdocumentation looks at; the test docstrings_have_no_faults says how.
#include <ebm/ebm.hpp>
#include <ebm/io/io.hpp>
#include <ebm/log/log.hpp>
