// SPDX-License-Identifier: MIT
#include <ebm/simt/emulator.hpp>

using MachineUnderTest = ebm::simt::Emulator;

#include "support/machine_cases.hpp"
