// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ebm/ebm.hpp>
#include <ebm/io/image_grid.hpp>
#include <vector>

#include "densities.hpp"
#include "landscape.hpp"
#include "ways.hpp"

/// Learns the energies of three densities in the plane by contrastive divergence, score matching
/// and noise-contrastive estimation, on one thread, and prints for each the seconds and the
/// log-likelihood of test data, which a grid normalises.
///
/// Usage: example_plane_densities [SHARE [SEEDS [PICTURE.png]]]
/// SHARE of each way's iterations, 1 by default. The picture has a row for each density: data, and
/// the energy of each way for the first seed, the lower the darker, with samples of it.
using namespace ebm;
using namespace plane_densities;

/// Prints a row for each way: means over seeds, and the range of the log-likelihoods.
///
/// outcomes: [seed][way]; the first way is the one that the others are compared with
void print_table(const std::vector<std::vector<Outcome>>& outcomes) {
  const double seeds = static_cast<double>(outcomes.size());
  for (std::size_t way = 0; way < outcomes.front().size(); ++way) {
    double seconds = 0, of_first = 0, sum = 0, lowest = 1e300, highest = -1e300;
    int better = 0;
    for (const auto& of_seed : outcomes) {
      const Outcome &outcome = of_seed[way], &first = of_seed.front();
      seconds += outcome.seconds / seeds;
      of_first += outcome.seconds / first.seconds / seeds;
      sum += outcome.log_likelihood;
      lowest = std::min(lowest, outcome.log_likelihood);
      highest = std::max(highest, outcome.log_likelihood);
      better += outcome.log_likelihood > first.log_likelihood ? 1 : 0;
    }
    std::printf("  %-32s", outcomes.front()[way].way.c_str());
    if (seconds > 0) {
      std::printf("%7.2f s %6.3f", seconds, of_first);
    } else {
      std::printf("%16s", "");
    }
    std::printf("  %8.3f (%.3f to %.3f)", sum / seeds, lowest, highest);
    if (way > 0) std::printf("  better in %d of %zu", better, outcomes.size());
    std::printf("\n");
  }
}

/// Data, then each way that has a panel.
template <class Density>
void add_row(const std::vector<Outcome>& outcomes, std::vector<Samples<float>>& panels) {
  panels.push_back(landscape::points(test_data<Density>().topRows(shown), view));
  for (const Outcome& outcome : outcomes) {
    if (outcome.panel.rows() > 0) panels.push_back(outcome.panel);
  }
}

/// result: whether all log-likelihoods are finite
template <class Density>
bool contest(double share, int seeds, std::vector<Samples<float>>* panels) {
  std::printf("%s: the density's own log-likelihood is %.3f\n", Density::name,
              Density::log_density(test_data<Density>().template cast<double>()).mean());
  std::vector<std::vector<Outcome>> outcomes;
  for (int seed = 1; seed <= seeds; ++seed) {
    const Rng rng{static_cast<std::uint32_t>(seed)};
    outcomes.push_back(learn_in_all_ways<Density>(rng, share, panels != nullptr && seed == 1));
  }
  print_table(outcomes);
  std::fflush(stdout);
  if (panels != nullptr) add_row<Density>(outcomes.front(), *panels);
  return std::ranges::all_of(outcomes, [](const auto& of_seed) {
    return std::ranges::all_of(of_seed,
                               [](const Outcome& o) { return std::isfinite(o.log_likelihood); });
  });
}

int main(int argc, char** argv) {
  const double share = argc > 1 ? std::atof(argv[1]) : 1;
  const int seeds = argc > 2 ? std::atoi(argv[2]) : 1;
  if (!(share > 0 && share <= 100) || seeds < 1) {
    std::fprintf(stderr, "SHARE: expected a number in (0, 100]; SEEDS: a whole number >= 1\n");
    return 2;
  }
  std::vector<Samples<float>> panels;
  std::vector<Samples<float>>* const shown_panels = argc > 3 ? &panels : nullptr;
  const bool moons = contest<Moons>(share, seeds, shown_panels);
  const bool gaussians = contest<EightGaussians>(share, seeds, shown_panels);
  const bool squares = contest<Checkerboard>(share, seeds, shown_panels);
  if (shown_panels != nullptr) {
    const int count = static_cast<int>(panels.size());
    Samples<float> images(count, panels.front().cols());
    for (int i = 0; i < count; ++i) images.row(i) = panels[static_cast<std::size_t>(i)];
    const io::ImageShape shape{.channels = 3, .height = view.cells, .width = view.cells};
    io::write_image_grid(argv[3], images, shape, {.columns = count / 3});
  }
  return moons && gaussians && squares ? 0 : 1;
}
