// SPDX-License-Identifier: MIT
// What a training iteration of the tutorial costs several ranks: run it by mpirun. The first rank
// prints the time, the bytes beside the least that any scheme sends, and a projection.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ebm/ebm.hpp>
#include <ebm/mpi/backend.hpp>
#include <ebm/mpi/session.hpp>

#include "mnist/network.hpp"
#include "support/random_samples.hpp"

namespace {

using Network = ebm_mnist::Network;
constexpr int pixels = Network::Input::size;
constexpr double chain_bytes = pixels * sizeof(float);

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// Callback: the seconds of all iterations but the first, which allocates.
struct Times {
  std::vector<double> seconds;

  template <class Trainer>
  void on_batch(Trainer&, const ebm::BatchReport& report) {
    if (report.iteration > 1) seconds.push_back(report.seconds);
  }
};

/// The seconds of an exchange after which all know `bytes`.
double exchange_seconds(const ebm::mpi::Ranks& ranks, std::size_t bytes) {
  std::vector<char> all(bytes);
  std::vector<double> times;
  for (int i = 0; i < 51; ++i) {
    const double start = seconds_now();
    ranks.complete(std::span<char>(all), [&](int rank) {
      return bytes * static_cast<std::size_t>(rank) / static_cast<std::size_t>(ranks.count());
    });
    times.push_back(seconds_now() - start);
  }
  return median(times);
}

/// What machines would make of it that each compute like this one and send by such a network.
void project(double seconds_of_batch, double parameter_bytes) {
  constexpr double latency = 30e-6, bytes_a_second = 1.25e9;
  std::printf(
      "\nProjection, not a measurement: machines of one such rank, 10 Gbit/s and 30 us a\n"
      "message, a batch of 8192 (64 times the tutorial's).\n\n"
      "| machines | computing | exchange | of perfect scaling |\n|---|---|---|---|\n");
  constexpr int batch = 8192, blocks = batch / ebm::lanes;
  for (const int machines : {1, 2, 4, 8, 16, 32, 64}) {
    const double most_blocks = (blocks + machines - 1) / machines;
    // Of the operations 60 of 63 move chains; the others are shared by no more than 32 runs.
    const double of_chains = 60.0 / 63, of_gradient = 1 - of_chains;
    const double most_runs = (ebm::SumOrder::most_runs + machines - 1) / machines;
    const double computing =
        seconds_of_batch / (128.0 / ebm::lanes) *
        (of_chains * most_blocks + of_gradient * most_runs * blocks / ebm::SumOrder::most_runs);
    const double others = machines - 1;
    const double bytes =
        others / machines * (batch * chain_bytes + 2 * parameter_bytes);  // that one receives
    const double exchange = bytes / bytes_a_second + 4 * others * latency;
    const double perfect = seconds_of_batch * blocks / (128.0 / ebm::lanes) / machines;
    std::printf("| %d | %.0f ms | %.1f ms | %.0f %% |\n", machines, 1e3 * computing, 1e3 * exchange,
                1e2 * perfect / (computing + exchange));
  }
}

}  // namespace

int main(int argc, char** argv) {
  ebm::mpi::Session session;
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  session.run([&](const ebm::mpi::Ranks& ranks) {
    constexpr int iterations = 12;
    ebm::Neural<Network> model(ebm::Rng{1});
    ebm::Threads executor(threads);
    const ebm::mpi::RanksPlace place(ranks, executor);
    const ebm::Recipe<> recipe{.epochs = iterations};
    ebm::Trainer trainer(model, recipe, place);
    Times times;
    const auto before = ranks.bytes_sent();
    trainer.fit(random_samples<float>(recipe.batch, pixels, 1), times);
    const auto sent = ranks.gather(ranks.bytes_sent() - before);
    double bytes = 0;
    for (const auto of_rank : sent) bytes += static_cast<double>(of_rank);

    const double parameter_bytes = static_cast<double>(model.parameters().size_bytes());
    const double chains_seconds =
        exchange_seconds(ranks, static_cast<std::size_t>(recipe.batch * chain_bytes));
    const double gradient_seconds = exchange_seconds(ranks, model.parameters().size_bytes());
    if (!ranks.is_first()) return 0;
    const double others = ranks.count() - 1;
    const double least = others * (2 * parameter_bytes + recipe.batch * chain_bytes);
    std::printf(
        "%d ranks of %d threads: %.1f ms an iteration (median of %zu); %.0f bytes sent in "
        "all, %.3f of the least (%.0f)\n",
        ranks.count(), threads, 1e3 * median(times.seconds), times.seconds.size(),
        bytes / iterations, least > 0 ? bytes / iterations / least : 1.0, least);
    std::printf("an exchange of all chains %.2f ms, of all parameters %.2f ms\n",
                1e3 * chains_seconds, 1e3 * gradient_seconds);
    if (ranks.count() == 1) project(median(times.seconds), parameter_bytes);
    return 0;
  });
}
