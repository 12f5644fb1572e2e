// SPDX-License-Identifier: MIT
// expect: the recipe's gradient_clip must satisfy GradientClip: be called with the gradient
#include <ebm/energy/neural.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/train/trainer.hpp>

struct Nothing {};

int main() {
  ebm::Neural<ebm::Sequential<ebm::Shape<1>, ebm::Linear<1>>> energy;
  ebm::Recipe recipe{.gradient_clip = Nothing{}};
  ebm::Serial executor;
  ebm::Trainer trainer(energy, recipe, executor);
}
