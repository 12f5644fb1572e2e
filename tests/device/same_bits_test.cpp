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
  machine_checks::check_chains<Neural<SmallNet>>(device, Langevin<>{}, 3, 40);

  Recipe recipe{.steps = 2, .epochs = 2, .batch = 20};
  recipe.starts.options.capacity = 30;
  machine_checks::check_training<Neural<SmallNet>>(device, recipe, 50);
}

TEST_CASE("a training whose GPU breaks at any of its calls ends with an error and leaves nothing") {
  const Samples<float> data = random_samples<float>(10, 3, 1);
  Recipe recipe{.steps = 1, .epochs = 1, .batch = 4};
  recipe.starts.options.capacity = 6;
  int broken = 0;
  for (bool breaks = true; breaks; ++broken) {
    const FreshFake fake;
    fake_cuda.failing_call = broken;
    fake_cuda.goes_on_failing = true;
    breaks = false;
    try {
      cuda::Device device;
      Serial serial;
      const simt::MachinePlace place(device, serial);
      Neural<machine_checks::FromInput> model(Rng{1});
      Trainer(model, recipe, place).fit(data);
    } catch (const cuda::CudaError&) {
      breaks = true;
    }
    CAPTURE(broken, fake_cuda.failed_call);
    REQUIRE(breaks == !fake_cuda.failed_call.empty());
  }
  CHECK(broken > 100);
}
