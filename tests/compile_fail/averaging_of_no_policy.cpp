// SPDX-License-Identifier: MIT
// expect: the recipe's averaging must satisfy AveragingPolicy
#include <ebm/energy/neural.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/train/trainer.hpp>

struct Forgetful {};

int main() {
  ebm::Neural<ebm::Sequential<ebm::Shape<1>, ebm::Linear<1>>> energy;
  ebm::Recipe recipe{.averaging = Forgetful{}};
  ebm::Serial executor;
  ebm::Trainer trainer(energy, recipe, executor);
}
