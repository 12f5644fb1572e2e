// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/energy/expression.hpp>
#include <ebm/energy/likelihood.hpp>
#include <ebm/loss/denoising_score_matching.hpp>
#include <ebm/mpi/backend.hpp>
#include <ebm/mpi/session.hpp>
#include <ebm/sampler/hmc.hpp>
#include <ebm/train/guard/divergence_guard.hpp>

#include "support/catch.hpp"
#include "support/image_net.hpp"
#include "support/random_samples.hpp"

// Every rank computes what is expected alone, and compares it with what the ranks made together.

namespace {

using ebm::Neural;
using ebm::Recipe;
using ebm::Rng;
using ebm::Samples;
using ebm::Serial;
using ebm::State;
using ebm::Trainer;
using ebm::mpi::RanksPlace;

const ebm::mpi::Ranks& ranks() {
  static const ebm::mpi::Session session;
  static const ebm::mpi::Ranks ranks;
  return ranks;
}

/// Callback: ends the session after an iteration.
struct StopAt {
  std::int64_t iteration;
  template <class T>
  void on_batch(T& trainer, const ebm::BatchReport& report) const {
    if (report.iteration == iteration) trainer.stop();
  }
};

/// The state that a training ends with.
template <class Model, class RecipeType, class Place>
State trained(const RecipeType& recipe, const Samples<float>& data, Place& place) {
  Model model(Rng{3});
  Trainer trainer(model, recipe, place);
  trainer.fit(data);
  return trainer.state();
}

template <class Model, class RecipeType>
void check_training(const RecipeType& recipe, int samples) {
  Serial serial;
  const auto data = random_samples<float>(samples, Model::Input::size, 4);
  const State expected = trained<Model>(recipe, data, serial);
  for (const int workers : {1, 2}) {
    CAPTURE(ranks().count(), ranks().rank(), workers, recipe.batch);
    ebm::Threads threads(workers);
    const RanksPlace place(ranks(), threads);
    CHECK(trained<Model>(recipe, data, place) == expected);
  }
}

Recipe<> short_recipe_of(int batch) {
  Recipe<> recipe{.steps = 3, .epochs = 2, .batch = batch};
  recipe.starts.options = {.capacity = 3 * batch, .fresh = 0.2};
  return recipe;
}

}  // namespace

TEST_CASE("every piece belongs to one rank") {
  for (const int pieces : {0, 1, 2, 8, 31, 1000}) {
    int next = 0;
    for (int rank = 0; rank < ranks().count(); ++rank) {
      const auto share = ranks().share(pieces, rank);
      CHECK(share.first == next);
      CHECK(share.size() >= pieces / ranks().count());
      CHECK(share.size() <= pieces / ranks().count() + 1);
      next = share.end;
    }
    CHECK(next == pieces);
  }
}

TEST_CASE("each sum is added once, in the order of one process") {
  for (const int blocks : {1, 2, 5, 16, 31, 32, 1000}) {
    const ebm::SumOrder order{blocks};
    std::vector<std::string> expected, sums;
    for (int run = 0; run < order.runs(); ++run) expected.push_back(std::to_string(run));
    sums = expected;
    const auto add_to = [](std::vector<std::string>& texts) {
      return [&texts](int to, int from) {
        auto& text = texts[static_cast<std::size_t>(to)];
        text = "(" + text + "+" + texts[static_cast<std::size_t>(from)] + ")";
      };
    };
    ebm::SumOrder::for_each_pair(order.runs(), add_to(expected));
    const ebm::mpi::detail::SharedSum shared(ranks(), order);
    int left = 0;
    for (int rank = 0; rank < ranks().count(); ++rank) shared.for_each_own(rank, add_to(sums));
    shared.for_each_left([&](int, int) { ++left; });
    shared.for_each_shared(add_to(sums));
    CHECK(sums.front() == expected.front());
    CHECK(left <= ranks().count() * 6);
  }
}

TEST_CASE("chains and energies are those of one process") {
  const Neural<ImageNet> network(Rng{1});
  for (const int count : {1, 16, 17, 100}) {
    CAPTURE(count);
    const auto start = random_samples<float>(count, ImageNet::Input::size, 5);
    // What is known of a row must go with it.
    const auto energy =
        ebm::reference(network) + ebm::GaussianLikelihood<ImageNet::Input>(start, 0.5);
    ebm::ElementMask held = ebm::ElementMask::Constant(count, ImageNet::Input::size, false);
    for (Eigen::Index i = 0; i < count; ++i) held(i, i % ImageNet::Input::size) = true;
    const ebm::ChainRun<float> run{.steps = 4, .rng = Rng{2}, .first_chain = 9, .hold = &held};
    const ebm::Hmc sampler{{.step_size = 0.1, .leapfrog_steps = 3}};
    Samples<float> expected = start, chains = start;
    const auto expected_report = ebm::run_chains(sampler, energy, expected, run);
    ebm::Threads threads(2);
    CHECK(ebm::mpi::run_chains(ranks(), sampler, energy, chains, run, threads) == expected_report);
    CHECK(chains == expected);
    CHECK(ebm::mpi::energies(ranks(), energy, start, threads) == ebm::energies(energy, start));
  }
}

TEST_CASE("a training ends with the state of one process") {
  for (const int batch : {1, 16, 40, 300}) {
    check_training<Neural<ImageNet>>(short_recipe_of(batch), 2 * batch + 5);
  }
  const Recipe<ebm::Langevin<>, ebm::FromReplayBuffer, ebm::DenoisingScoreMatching<>> no_chains{
      .epochs = 2, .batch = 70};
  check_training<Neural<ImageNet>>(no_chains, 150);
  const Recipe another{.steps = 3,
                       .optimizer = ebm::AdamW(),
                       .schedule = ebm::WarmUp({.iterations = 3}, ebm::CosineDecay()),
                       .averaging = ebm::ExponentialAverage({.decay = 0.5}),
                       .epochs = 2,
                       .batch = 40};
  check_training<Neural<ImageNet>>(another, 90);
}

TEST_CASE("a training goes on anywhere: from one process to ranks and from ranks to one") {
  const auto data = random_samples<float>(100, ImageNet::Input::size, 4);
  const auto recipe = short_recipe_of(20);
  Serial serial;
  const RanksPlace place(ranks(), serial);
  const State expected = trained<Neural<ImageNet>>(recipe, data, serial);
  const auto check = [&](auto& first_place, auto& second_place) {
    State half;
    {
      Neural<ImageNet> model(Rng{3});
      Trainer trainer(model, recipe, first_place);
      trainer.fit(data, StopAt{3});
      half = trainer.state();
    }
    Neural<ImageNet> model(Rng{8});
    Trainer trainer(model, recipe, second_place);
    trainer.restore(half);
    trainer.fit(data);
    CHECK(trainer.state() == expected);
  };
  check(place, serial);
  check(serial, place);
  check(place, place);
}

TEST_CASE("what stops being finite in one block ends or puts back the training on all ranks") {
  const auto make_model = [] {
    return ebm::expression<ebm::Shape<1>>(
        [](const auto& x, const auto& theta) { return theta[0] * ebm::exp(ebm::square(x[0])); },
        std::array{0.1F});
  };
  using Model = decltype(make_model());
  const Recipe<ebm::UnboundedLangevin, ebm::FromNoise, ebm::ContrastiveDivergence<>> recipe{
      .steps = 1, .epochs = 1, .batch = 200, .shuffle = false};
  Serial serial;
  const RanksPlace place(ranks(), serial);
  for (const int bad_row : {0, 199}) {  // of the first block, or the last with data
    Samples<float> data = random_samples<float>(200, 1, 4);
    data(bad_row, 0) = 100;
    const auto end_of = [&](auto& some_place, auto... callbacks) -> std::string {
      Model model = make_model();
      Trainer trainer(model, recipe, some_place);
      try {
        trainer.fit(data, callbacks...);
      } catch (const ebm::Diverged& error) {
        return error.what();
      }
      return "";
    };
    const std::string alone = end_of(serial);
    CHECK(!alone.empty());
    CHECK(end_of(place) == alone);

    const ebm::DivergenceGuard guard(ebm::AnyOf<>(), ebm::LowerLearningRate(), {.attempts = 2});
    const std::string put_back = end_of(serial, guard);
    CHECK(!put_back.empty());
    CHECK(put_back != alone);
    CHECK(end_of(place, guard) == put_back);
  }
}

TEST_CASE("bytes of an iteration: the least where the number of ranks is a power of two") {
  constexpr int batch = 256;  // 32 blocks with the chains: a run each
  const Neural<ImageNet> model(Rng{3});
  const auto recipe = short_recipe_of(batch);
  const auto data = random_samples<float>(batch, ImageNet::Input::size, 4);
  Serial serial;
  const RanksPlace place(ranks(), serial);
  const auto sent_by_training = [&](int epochs) {
    auto some = recipe;
    some.epochs = epochs;
    Neural<ImageNet> trained_model = model;
    Trainer trainer(trained_model, some, place);
    const auto before = ranks().bytes_sent();
    trainer.fit(data);
    std::int64_t sum = 0;
    for (const std::int64_t sent : ranks().gather(ranks().bytes_sent() - before)) sum += sent;
    return static_cast<double>(sum);
  };
  const double sent = sent_by_training(3) - sent_by_training(2);
  const double others = ranks().count() - 1;
  const double number = sizeof(float);
  // A sum that all ranks must know: every rank but one adds its own, and all but one are told.
  const double least_of_sums = 2 * others * number * static_cast<double>(model.parameters().size());
  // Buffers that are the same everywhere: each chain's end goes to all others.
  const double of_chains = others * number * batch * ImageNet::Input::size;
  const double of_results = others * 32 * sizeof(ebm::BatchResult);
  const double of_reports =
      others * ranks().count() * static_cast<double>(sizeof(ebm::ChainReport) + 8);
  const double least = least_of_sums + of_chains;
  if (ranks().is_first()) {
    std::printf("%d ranks: %.0f bytes an iteration, %.3f of the least\n", ranks().count(), sent,
                least > 0 ? sent / least : 1);
  }
  const bool is_power_of_two = (ranks().count() & (ranks().count() - 1)) == 0;
  CHECK(sent >= least);
  if (is_power_of_two) CHECK(sent <= least + of_results + of_reports);
  CHECK(sent <= 4 * least + of_results + of_reports);
}
