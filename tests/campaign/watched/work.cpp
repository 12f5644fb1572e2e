// SPDX-License-Identifier: MIT
// A bit of everything that computes, with seeds FIRST, FIRST + 1, ..., COUNT of them, by one thread
// and by three, which must come to the same bits. Tools that watch a program watch this one; what
// it leaves out (streams, maps) is in libraries that they do not all see into.
// Usage: work FIRST COUNT

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ebm/energy/evaluate.hpp>
#include <ebm/energy/neural.hpp>
#include <ebm/nn/conv2d.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/nn/pooling.hpp>
#include <ebm/nn/residual.hpp>
#include <ebm/parallel/threads.hpp>
#include <ebm/sampler/hmc.hpp>
#include <ebm/sampler/langevin.hpp>
#include <ebm/sampler/mala.hpp>
#include <ebm/sampler/run_chains.hpp>
#include <ebm/sampler/underdamped_langevin.hpp>
#include <ebm/train/trainer.hpp>
#include <vector>

namespace {

using Net =
    ebm::Sequential<ebm::Shape<1, 6, 6>,
                    ebm::Conv2d<4, ebm::Kernel<3>, ebm::Stride<2>, ebm::Padding<1>>, ebm::Swish,
                    ebm::Residual<ebm::Conv2d<4, ebm::Kernel<3>, ebm::Padding<1>>, ebm::Relu>,
                    ebm::Flatten, ebm::Linear<5>, ebm::Tanh, ebm::Linear<1>>;
constexpr int pixels = Net::Input::size;

/// What is computed, as bytes.
std::vector<float> results_of(std::uint32_t seed, int thread_count) {
  const ebm::Rng rng{seed};
  ebm::Threads threads(thread_count);
  ebm::Samples<float> data(40, pixels);
  ebm::fill_with_noise<float>(data, ebm::Rng{seed + 1});

  ebm::Neural<Net> model(rng);
  ebm::Trainer trainer(model,
                       ebm::Recipe{.steps = 3,
                                   .starts = ebm::FromReplayBuffer{{.capacity = 50}},
                                   .epochs = 2,
                                   .batch = 19,  // neither full blocks nor an even share of threads
                                   .rng = rng},
                       threads);
  trainer.fit(data);
  std::vector<float> results(model.parameters().begin(), model.parameters().end());

  const auto add = [&](const auto& values) {
    results.insert(results.end(), values.data(), values.data() + values.size());
  };
  add(ebm::energies(model, data, threads));
  add(ebm::energy_gradients(model, data, threads));
  const auto add_chains = [&](const auto& sampler) {
    ebm::Samples<float> chains = data.topRows(33);
    ebm::run_chains(sampler, model, chains, {.steps = 3, .rng = rng}, threads);
    add(chains);
  };
  add_chains(ebm::Langevin());
  add_chains(ebm::UnboundedLangevin({.step_size = 0.01}));
  add_chains(ebm::UnderdampedLangevin({.step_size = 0.1, .friction = 1}));
  add_chains(ebm::Mala({.step_size = 0.01}));
  add_chains(ebm::Hmc({.step_size = 0.1, .leapfrog_steps = 3}));
  return results;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto first = static_cast<std::uint32_t>(std::atoi(argv[1]));
  const auto count = static_cast<std::uint32_t>(std::atoi(argv[2]));
  for (std::uint32_t seed = first; seed < first + count; ++seed) {
    const auto serial = results_of(seed, 1), parallel = results_of(seed, 3);
    if (std::memcmp(serial.data(), parallel.data(), serial.size() * sizeof(float)) != 0) {
      std::fprintf(stderr, "seed %u: three threads come to other bits than one\n", seed);
      return 1;
    }
  }
  return 0;
}
