// SPDX-License-Identifier: MIT
// A program in README.md's style beside Eigen's own style.
#include <Eigen/Dense>
#include <cmath>
#include <ebm/ebm.hpp>
#include <ebm/log/log.hpp>
#include <vector>

using namespace Eigen;
using namespace std;
using namespace ebm;
using namespace ebm::io;

using Network = ebm::Sequential<Shape<1, 8, 8>, Conv2d<4, Kernel<3>, ebm::Stride<2>, Padding<1>>,
                                Swish, Flatten, Linear<1>>;

int main() {
  const auto bowl = expression<Shape<2>>([](const auto& x) {
    return square(x[0]) + exp(x[1]) * sin(x[0]) + log(abs(x[1]) + 1) + sqrt(square(x[0]) + 1) +
           tanh(x[1]) + cos(x[0]);
  });
  const Samples<double> chains =
      chain_ends(UnboundedLangevin(), bowl, Samples<double>::Zero(3, 2), {.steps = 5});
  const VectorXd heights = energies(bowl, chains);
  const vector<double> plain{max(heights(0), heights(1)), min(1.0, sqrt(2.0)), abs(-1.0)};

  Neural<Network> energy(Rng{.seed = 1});
  Threads threads(1);
  Trainer trainer(energy, Recipe{.epochs = 1}, threads);
  trainer.fit(Samples<float>::Zero(16, 64));
  save_model("model.safetensors", energy);
  return heights.array().square().sum() > 0 && plain[0] > 0 ? 0 : 1;
}
