// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ebm/ebm.hpp>
#include <ebm/io/image_grid.hpp>

/// Samples of an energy that is a formula, a mixture of two normal distributions, by four samplers:
///
///     E(x) = -ln(0.7 N(x; -1, 0.45^2) + 0.3 N(x; 1.2, 0.45^2))
///
/// Usage: example_analytic_density [PICTURE.png]
/// The picture shows exp(-E) as a curve and a histogram of each sampler's samples. Above: Mala and
/// Hmc, whose mean and variance are checked against those of E. Below: Langevin dynamics with
/// noise = sqrt(2 step_size), nearly right, and with less noise, as in the tutorial: each chain
/// ends in the minimum near its start.
using namespace ebm;

constexpr float share = 0.7f, left = -1, right = 1.2f, deviation = 0.45f;

constexpr int width = 240, height = 150, bar = 4;  // pixels
constexpr float top = 0.75f;                       // the density at the upper edge
constexpr BoxGrid view{.low = -3, .high = 3, .cells = width};

/// The picture of a histogram and a density: [1][channel, row, column].
template <class E>
Samples<float> panel(const E& energy, const Samples<float>& samples) {
  Eigen::ArrayXf bars = Eigen::ArrayXf::Zero(width / bar);
  const float bar_width = 6.0f / static_cast<float>(bars.size());
  for (const float x : samples.reshaped()) {
    const auto place = static_cast<Eigen::Index>(std::floor((x + 3) / bar_width));
    if (place >= 0 && place < bars.size()) bars[place] += 1;
  }
  bars /= bar_width * static_cast<float>(samples.rows());
  const Eigen::ArrayXf curve = scores(energy, cell_centers(view, 1, 0, width)).array().exp();

  constexpr float white[] = {1, 1, 1}, blue[] = {-0.26f, 0.2f, 0.6f}, orange[] = {1, 0, -0.9f};
  Samples<float> picture(1, 3 * height * width);
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      const float level = top * static_cast<float>(height - row) / height, line = 0.008f;
      const auto [low, high] = std::minmax(curve[std::max(column - 1, 0)], curve[column]);
      const bool is_curve = low - line < level && level < high + line;
      const bool is_bar = level <= bars[column / bar] && column % bar > 0;
      const auto& colour = is_curve ? orange : is_bar ? blue : white;
      for (int c = 0; c < 3; ++c) picture(0, (c * height + row) * width + column) = colour[c];
    }
  }
  return picture;
}

/// Whether the mean of independent values is as expected, within five standard errors.
bool is_mean(const Eigen::ArrayXf& values, float expected) {
  const float variance = (values - values.mean()).square().mean();
  return std::abs(values.mean() - expected) <
         5 * std::sqrt(variance / static_cast<float>(values.size()));
}

int main(int argc, char** argv) {
  const auto energy = expression<Shape<1>>([](const auto& x) {
    const auto ln_normal = [](const auto& distance) {
      return -square(distance / deviation) * 0.5f - std::log(2.5066283f * deviation);
    };
    return -log_sum_exp(std::log(share) + ln_normal(x[0] - left),
                        std::log(1 - share) + ln_normal(x[0] - right));
  });
  const float mean = share * left + (1 - share) * right, distance = right - left;
  const float variance = deviation * deviation + share * (1 - share) * distance * distance;
  std::printf("the density: mean %.3f, variance %.3f\n", double{mean}, double{variance});

  Samples<float> panels(0, 3 * height * width);
  const auto draw = [&](const char* name, const auto& sampler, int steps) {
    Samples<float> x = 3 * uniform_noise(8192, 1, Rng{1});
    const ChainReport report = run_chains(sampler, energy, x, {.steps = steps, .rng = Rng{2}});
    const Eigen::ArrayXf squares = (x.array() - mean).square();
    std::printf("%-15s mean %.3f, variance %.3f; accepted: %.0f %%\n", name, double{x.mean()},
                double{squares.mean()}, 100 * report.acceptance());
    panels.conservativeResize(panels.rows() + 1, Eigen::NoChange);
    panels.bottomRows(1) = panel(energy, x);
    return is_mean(x.array(), mean) && is_mean(squares, variance);
  };
  const bool mala = draw("Mala:", Mala{{.step_size = 0.2}}, 500);
  const bool hmc = draw("Hmc:", Hmc{{.step_size = 0.4, .leapfrog_steps = 4}}, 100);
  draw("Langevin:", UnboundedLangevin{{.step_size = 0.02, .noise = std::sqrt(2 * 0.02)}}, 5000);
  draw("with less noise:", UnboundedLangevin{{.step_size = 0.02, .noise = 0.005}}, 500);
  if (argc > 1) {
    const io::ImageShape shape{.channels = 3, .height = height, .width = width};
    io::write_image_grid(argv[1], panels, shape, {.columns = 2});
  }
  return mala && hmc ? 0 : 1;
}
