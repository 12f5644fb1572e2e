// SPDX-License-Identifier: MIT
#pragma once

#include "support/machine_checks.hpp"

// Test cases for one machine, which whoever includes this has named `MachineUnderTest`.

TEST_CASE("threads give the scores and input gradients of a CPU, bit by bit") {
  MachineUnderTest machine;
  machine_checks::check_scores_and_gradients(machine);
}

TEST_CASE("threads walk a CPU's chains, bit by bit") {
  MachineUnderTest machine;
  machine_checks::check_samplers(machine);
}

TEST_CASE("threads train to a CPU's bits, also when stopped and gone on with") {
  MachineUnderTest machine;
  machine_checks::check_trainers(machine);
}

TEST_CASE("other losses, moments and clips are a CPU's too") {
  MachineUnderTest machine;
  machine_checks::check_other_recipes(machine);
}

TEST_CASE("what stops being finite on a machine is told as on a CPU") {
  MachineUnderTest machine;
  machine_checks::check_divergence(machine);
}
