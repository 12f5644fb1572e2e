// SPDX-License-Identifier: MIT
// expect: LastStepKl goes through a step of a Langevin; here the sampler is another
#include <ebm/loss/last_step_kl.hpp>
#include <ebm/sampler/mala.hpp>

const ebm::LastStepKl loss(ebm::Mala{});
