// SPDX-License-Identifier: MIT
#include "support/fake_device.hpp"
#include "support/machine_checks.hpp"

using namespace ebm;

namespace {

using SmallNet = Sequential<Shape<1, 5, 6>, Conv2d<3, Kernel<3>, Stride<2>, Padding<1>>, Swish,
                            Flatten, Linear<1>>;

}  // namespace

TEST_CASE("chains and trainings of a device are those of a CPU, bit by bit") {
  const FreshFake fake;
  cuda::Device device;
  machine_checks::check_chains<Neural<SmallNet>>(device, Langevin<>{{.steps = 3}}, 40);

  Recipe recipe{.sampler = Langevin{{.steps = 2}}, .epochs = 2, .batch = 20};
  recipe.buffer.capacity = 30;
  machine_checks::check_training<Neural<SmallNet>>(device, recipe, 50);
}
