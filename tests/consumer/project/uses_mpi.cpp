// SPDX-License-Identifier: MIT
// A user's program that would share its chains with other processes, and is alone.
#include <ebm/energy/analytic.hpp>
#include <ebm/mpi/chains.hpp>
#include <ebm/mpi/session.hpp>
#include <ebm/sampler/mala.hpp>

int main() {
  ebm::mpi::Session session;
  return session.run([](const ebm::mpi::Ranks& ranks) {
    const ebm::Gaussian<2> energy({0.5, 1.0}, {1.0, 1.0});
    ebm::Samples<double> chains = ebm::Samples<double>::Zero(20, 2), alone = chains;
    ebm::Serial serial;
    const ebm::Mala sampler{{.step_size = 0.5}};
    ebm::mpi::run_chains(ranks, sampler, energy, chains, {.steps = 10}, serial);
    ebm::run_chains(sampler, energy, alone, {.steps = 10});
    return ranks.count() == 1 && chains == alone ? 0 : 1;
  });
}
