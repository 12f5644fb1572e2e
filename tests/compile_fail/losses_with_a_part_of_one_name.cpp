// SPDX-License-Identifier: MIT
// expect: two of the losses that are added have a part of the same name
#include <ebm/loss/hinge.hpp>
#include <ebm/loss/weighted_losses.hpp>

const auto loss = ebm::Hinge() + ebm::Hinge({.margin = 2});
