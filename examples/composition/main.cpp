// SPDX-License-Identifier: MIT
#include <array>
#include <cmath>
#include <cstdio>
#include <ebm/ebm.hpp>
#include <ebm/io/image_grid.hpp>
#include <functional>
#include <random>

#include "landscape.hpp"

/// AND, OR and NOT of two energies in the plane, each learned alone: what they make together needs
/// no further training.
///
///     A AND B: A + B,  A OR B: -ln(e^-A + e^-B),  A AND NOT B: A - B, where B has an upper bound
///
/// Usage: example_composition [PICTURE.png]
/// The picture shows energies, the lower the darker, up to 10 nats above the lowest one, with 400
/// samples each. Above: a ring, a bar, ring OR bar; below: ring AND bar, ring AND NOT bar, bar AND
/// NOT ring.
/// Source: Du, Li, Mordatch, "Compositional Visual Generation with Energy Based Models", 2020.
using namespace ebm;

using Network = Sequential<Shape<2>, Linear<64>, Swish, Linear<64>, Swish, Linear<1>>;

constexpr BoxGrid view{.low = -3, .high = 3, .cells = 200};

using Point = std::array<float, 2>;

/// The energy of a curve with noise; curve: from a number in [0, 1) to a `Point`
template <class Curve>
Neural<Network> learn(const Curve& curve) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> along(0, 1);
  std::normal_distribution<float> noise(0, 0.12f);
  Samples<float> points(8192, 2);
  for (auto point : points.rowwise()) {
    const auto [x, y] = curve(along(random));
    point << x + noise(random), y + noise(random);
  }
  Neural<Network> energy(Rng{1});
  // This loss learns ln Z too: so OR gives both the same weight.
  Trainer trainer(energy,
                  Recipe{.loss = NoiseContrastive(NormalNoise<Shape<2>>({0, 0}, {1.5, 1.5})),
                         .optimizer = Adam{{.learning_rate = 1e-2}},
                         .gradient_clip = GlobalNormClip{10},
                         .schedule = CosineDecay{},
                         .epochs = 20,
                         .batch = 64,
                         .data_noise = 0});
  trainer.fit(points);
  return energy;
}

int main(int argc, char** argv) {
  const auto ring =
      learn([](float u) { return Point{2 * std::cos(6.2832f * u), 2 * std::sin(6.2832f * u)}; });
  const auto bar = learn([](float u) { return Point{5 * u - 2.5f, 0}; });

  Samples<float> panels(0, 3 * view.cells * view.cells);
  bool are_right = true;
  // is_right: of a sample, by whether it lies on the ring, and on the bar
  const auto show = [&](const char* name, const auto& energy, const auto& is_right) {
    const Samples<float> start = 3 * uniform_noise(400, 2, Rng{2});
    const Samples<float> samples =
        chain_ends(Mala{{.step_size = 0.02}}, energy, start, {.steps = 500});
    int right = 0;
    for (const auto x : samples.rowwise()) {
      const bool on_ring = std::abs(x.norm() - 2) < 0.3f;
      const bool on_bar = std::abs(x[1]) < 0.3f && std::abs(x[0]) < 2.8f;
      right += is_right(on_ring, on_bar) ? 1 : 0;
    }
    std::printf("%-17s %5.1f %% of its samples lie there\n", name, right / 4.0);
    are_right = are_right && right >= 360;
    panels.conservativeResize(panels.rows() + 1, Eigen::NoChange);
    panels.bottomRows(1) = landscape::panel(energy, samples, view);
  };
  show("ring", ring, [](bool on_ring, bool) { return on_ring; });
  show("bar", bar, [](bool, bool on_bar) { return on_bar; });
  show("ring OR bar", mixture(ring, bar), std::logical_or<>());
  show("ring AND bar", ring + bar, std::logical_and<>());
  // A network's energy rises without bound far from its data. That of "bar OR anywhere" does not.
  const auto anywhere = expression<Shape<2>>([](const auto& x) { return 0 * x[0] + 7; });
  show("ring AND NOT bar", ring - mixture(bar, anywhere), std::greater<>());
  show("bar AND NOT ring", bar - mixture(ring, anywhere), std::less<>());

  if (argc > 1) {
    const io::ImageShape shape{.channels = 3, .height = view.cells, .width = view.cells};
    io::write_image_grid(argv[1], panels, shape, {.columns = 3});
  }
  return are_right ? 0 : 1;
}
