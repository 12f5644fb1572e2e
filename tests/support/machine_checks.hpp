// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/energy/neural.hpp>
#include <ebm/nn/conv2d.hpp>
#include <ebm/nn/element_layer.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/nn/pooling.hpp>
#include <ebm/nn/residual.hpp>
#include <ebm/sampler/langevin.hpp>
#include <ebm/simt/machine_backend.hpp>
#include <ebm/simt/sample.hpp>
#include <ebm/train/trainer.hpp>

#include "support/catch.hpp"
#include "support/random_samples.hpp"
#include "support/tutorial_net.hpp"

/// What a machine of threads computes, compared with a CPU bit by bit: for any machine.
namespace machine_checks {

using namespace ebm;

/// Odd sizes, strides and shortcuts: everything that a network may have on a GPU.
using OddNet = Sequential<Shape<2, 9, 7>, Conv2d<5, Kernel<3>, Stride<2>, Padding<1>>, Swish,
                          Residual<Conv2d<5, Kernel<3>, Stride<1>, Padding<1>>, Swish,
                                   Conv2d<5, Kernel<3>, Stride<1>, Padding<1>, NoBias>>,
                          Swish,
                          Residual<Shortcut<AveragePool<Kernel<2>>, Conv2d<7, Kernel<1>>>,
                                   Conv2d<7, Kernel<2>, Stride<2>>, Swish>,
                          Flatten, Linear<19>, Swish, Linear<1>>;

/// The input itself goes round the first block.
using FromInput =
    Sequential<Shape<3>, Residual<Linear<4>, Swish, Linear<3>>, Residual<Swish>, Linear<1>>;

/// A model's network and some samples on a machine.
template <class Model, class M>
class OnThreads {
 public:
  using T = typename Model::value_type;
  using Network = typename Model::network_type;
  using S = typename Network::Input;

  OnThreads(M& machine, const Model& model, const Samples<T>& samples)
      : network(machine),
        machine_(&machine),
        count_(static_cast<int>(samples.rows())),
        samples_(machine, static_cast<std::size_t>(samples.size()), "samples") {
    machine.upload(model.parameters().data(), model.parameters().size(),
                   network.parameters().data());
    network.freeze();
    machine.upload(samples.data(), samples_.size(), samples_.data());
  }

  /// Brings the samples to `lanes`.
  void load(T* lanes) { machine_->launch(simt::LoadSamples<T, S>{samples_.data(), lanes, count_}); }
  /// What lanes hold, as samples.
  [[nodiscard]] Samples<T> stored(const T* lanes) {
    machine_->launch(simt::StoreSamples<T, S>{lanes, samples_.data(), nullptr, count_});
    Samples<T> samples(count_, S::size);
    machine_->download(samples_.data(), samples_.size(), samples.data());
    return samples;
  }
  [[nodiscard]] int groups() const { return simt::group_count(count_); }
  [[nodiscard]] std::size_t lanes_of(int size) const {
    return static_cast<std::size_t>(groups() * simt::warp_lanes * size);
  }

  simt::MachineNetwork<Network, T, M> network;

 private:
  M* machine_;
  int count_;
  typename M::template Array<T> samples_;
};

template <class Model, class M>
void check_passes(M& machine, int count) {
  using T = typename Model::value_type;
  const Model model(Rng{1});
  const Samples<T> samples = random_samples<T>(count, Model::Input::size, 2);
  OnThreads<Model, M> threads(machine, model, samples);
  using Array = typename M::template Array<T>;
  Array x(machine, threads.lanes_of(Model::Input::size), "x"), dx(machine, x.size(), "dx"),
      dy(machine, threads.lanes_of(1), "dy"),
      memory(machine, threads.network.template pass_size<Wrt::inputs>(threads.groups()), "memory");
  const std::vector<T> ones(dy.size(), T(1));
  machine.upload(ones.data(), ones.size(), dy.data());
  threads.load(x.data());
  simt::PassMemory<T> pass{memory.data(), memory.data() + memory.size()};
  const simt::OnMachine<T, M, Wrt::inputs> run{machine, pass, threads.groups()};
  const auto recording = threads.network.forward(run, std::as_const(x).data());
  Samples<T> scores(count, 1);
  machine.download(recording.output(), static_cast<std::size_t>(count), scores.data());
  threads.network.backward(run, recording, std::as_const(dy).data(), dx.data());
  CHECK(scores == -energies(model, samples));
  CHECK(threads.stored(dx.data()) == -energy_gradients(model, samples));
}

template <class Model, class M, class Sampler>
void check_chains(M& machine, const Sampler& sampler, int steps, int count) {
  using T = typename Model::value_type;
  const Model model(Rng{1});
  Samples<T> expected = random_samples<T>(count, Model::Input::size, 3);
  OnThreads<Model, M> threads(machine, model, expected);
  simt::MachineChains<typename Model::network_type, T, M> chains(machine, count);
  constexpr std::uint64_t first_chain = 0xFFFFFFF0;  // its number leaves 32 bits on the way
  const Rng rng{5};
  const auto check = [&](const auto& some_sampler, int some_steps, std::uint64_t first) {
    chains.run(threads.network, some_sampler, some_steps, rng, first);
    run_chains(some_sampler, model, expected,
               {.steps = some_steps, .rng = rng, .first_chain = first});
    CHECK(threads.stored(chains.states()) == expected);
  };
  threads.load(chains.states());
  check(sampler, steps, first_chain);
  check(sampler, steps, first_chain + 1000);  // a recording is launched again
  // Neither is the run that was recorded.
  check(sampler, steps + 1, 3);
  check(Langevin<NoNoise>(sampler.options()), steps + 1, 3);

  // The same for one run, with rows that lie apart.
  Samples<T> wide = random_samples<T>(count, Model::Input::size + 3, 4);
  Samples<T> narrow = wide.leftCols(Model::Input::size);
  simt::run_chains(machine, model, sampler, wide.leftCols(Model::Input::size),
                   {.steps = steps, .rng = rng, .first_chain = 7});
  run_chains(sampler, model, narrow, {.steps = steps, .rng = rng, .first_chain = 7});
  CHECK(wide.leftCols(Model::Input::size) == narrow);
}

/// Callback: ends the session after an iteration.
struct StopAt {
  std::int64_t iteration;

  template <class Trainer>
  void on_batch(Trainer& trainer, const BatchReport& report) const {
    if (report.iteration == iteration) trainer.stop();
  }
};

/// Trains on a machine and on the host, with a stop in between on the machine; everything that is
/// left must be the same.
template <class Model, class M, class RecipeType>
void check_training(M& machine, const RecipeType& recipe, int samples) {
  using T = typename Model::value_type;
  const Samples<T> data = random_samples<T>(samples, Model::Input::size, 4);
  Model expected(Rng{1}), got(Rng{1});
  Serial serial;
  Trainer host(expected, recipe, serial);
  host.fit(data);

  const simt::MachinePlace place(machine, serial);
  State half;
  {
    Model first(Rng{1});
    Trainer trainer(first, recipe, place);
    trainer.fit(data, StopAt{2});
    half = trainer.state();
  }
  Trainer trainer(got, recipe, place);
  trainer.restore(half);
  trainer.fit(data);
  CHECK(trainer.state() == host.state());
  CHECK(std::ranges::equal(got.parameters(), expected.parameters()));
  REQUIRE(trainer.buffer().size() == host.buffer().size());
  for (Eigen::Index i = 0; i < host.buffer().size(); ++i) {
    REQUIRE(trainer.buffer()[i] == host.buffer()[i]);
  }
}

/// How a training with a learning rate beyond all reason ends: its message, and the parameters.
template <class Place>
std::pair<std::string, std::vector<float>> diverged_training(Place& place) {
  Recipe recipe{.steps = 1, .epochs = 9, .batch = 4};
  recipe.optimizer = Adam<>{{.learning_rate = 1e30}};
  Neural<FromInput> model(Rng{1});
  Trainer trainer(model, recipe, place);
  std::string message;
  try {
    trainer.fit(random_samples<float>(40, 3, 1));
  } catch (const Diverged& error) {
    message = error.what();
  }
  const auto parameters = model.parameters();
  return {message, {parameters.begin(), parameters.end()}};
}

/// All of the above.
template <class M>
void check_scores_and_gradients(M& machine) {
  check_passes<Neural<TutorialNet>>(machine, 33);
  check_passes<Neural<OddNet>>(machine, 31);
  check_passes<Neural<OddNet, double>>(machine, 65);
  check_passes<Neural<FromInput>>(machine, 1);
}

template <class M>
void check_samplers(M& machine) {
  check_chains<Neural<TutorialNet>>(machine, Langevin<>{}, 3, 17);
  check_chains<Neural<OddNet>>(machine, Langevin<>{{.step_size = 3}}, 5, 33);
  check_chains<Neural<OddNet, double>>(machine, UnboundedLangevin{}, 4, 2);
  check_chains<Neural<FromInput>>(machine, Langevin<NoNoise, ClipElements, Box, DecayingStep>{}, 4,
                                  40);
  check_chains<Neural<FromInput>>(machine, Langevin<>{}, 0, 3);
  check_chains<Neural<FromInput>>(machine, Langevin<>{}, 1, 3);
}

template <class M>
void check_trainers(M& machine) {
  Recipe recipe{.steps = 2, .epochs = 2, .batch = 33};
  recipe.starts.options.capacity = 50;  // the second batch wraps round
  recipe.starts.options.fresh = 0.3;
  check_training<Neural<OddNet>>(machine, recipe, 70);
  recipe.batch = 20;
  check_training<Neural<TutorialNet>>(machine, recipe, 40);
  recipe.starts.options.capacity = 7;  // less than a batch
  recipe.data_noise = 0;
  check_training<Neural<FromInput>>(machine, recipe, 50);
}

template <class M>
void check_other_recipes(M& machine) {
  const Recipe<Langevin<>, FromReplayBuffer, ContrastiveDivergence<NoRegularizer>, Adam<double>,
               NoGradientClip>
      recipe{.steps = 1,
             .optimizer = Adam<double>{{.learning_rate = 0.01, .beta1 = 0.9}},
             .epochs = 3,
             .batch = 16};
  check_training<Neural<FromInput, double>>(machine, recipe, 50);
}

template <class M>
void check_divergence(M& machine) {
  Serial serial;
  const simt::MachinePlace place(machine, serial);
  const auto expected = diverged_training(serial);
  CHECK(!expected.first.empty());
  CHECK(diverged_training(place) == expected);
}

}  // namespace machine_checks
