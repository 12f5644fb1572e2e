// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/energy/neural.hpp>
#include <ebm/loss/loss_gradient.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/parallel/threads.hpp>
#include <ebm/random/normal.hpp>
#include <vector>

#include "support/finite_differences.hpp"
#include "support/relative_error.hpp"

/// A loss over a batch, and its gradient.
struct Judged {
  ebm::BatchResult result;
  std::vector<double> gradient;
};

/// What a loss makes of data and samples of an energy, [sample][feature].
template <class E, class L>
[[nodiscard]] Judged judged(const E& energy, const L& loss, const ebm::Samples<double>& data,
                            const ebm::Samples<double>& samples) {
  ebm::LossGradient<double> loss_gradient;
  ebm::Threads threads(2);
  Judged judged{{}, std::vector<double>(energy.parameters().size())};
  judged.result = loss_gradient(energy, loss, data, samples, threads, std::span(judged.gradient),
                                ebm::SampleDraws{ebm::Rng{5}, 1000});
  return judged;
}

/// How far the gradient of a loss is from its finite differences; see `relative_error`.
template <class E, class L>
[[nodiscard]] double gradient_error(E energy, const L& loss, const ebm::Samples<double>& data,
                                    const ebm::Samples<double>& samples) {
  const auto gradient = judged(energy, loss, data, samples).gradient;
  return relative_error(gradient, central_differences(energy, [&] {
                          return judged(energy, loss, data, samples).result.loss.total;
                        }));
}

/// Goes down the gradient of a loss of data alone: the same draws in all steps, and none of another
/// source of noise.
template <class E, class L>
void descend(E& energy, const L& loss, const ebm::Samples<double>& data, double rate, int steps) {
  ebm::LossGradient<double> loss_gradient;
  ebm::Serial serial;
  const ebm::Samples<double> none(0, data.cols());
  std::vector<double> gradient(energy.parameters().size());
  for (int step = 0; step < steps; ++step) {
    loss_gradient(energy, loss, data, none, serial, std::span(gradient),
                  ebm::SampleDraws{ebm::Rng{5}, 1000});
    energy.change_parameters([&](std::span<double> parameters) {
      for (std::size_t i = 0; i < gradient.size(); ++i) parameters[i] -= rate * gradient[i];
    });
  }
}

/// Normal draws with a mean and a deviation for each feature, the same for the same `seed`.
[[nodiscard]] inline ebm::Samples<double> normal_samples(int rows, const std::vector<double>& mean,
                                                         const std::vector<double>& deviation,
                                                         std::uint32_t seed) {
  ebm::Samples<double> samples(rows, static_cast<Eigen::Index>(mean.size()));
  for (Eigen::Index i = 0; i < rows; ++i) {
    const ebm::ChainDraws<double, 1> draws(ebm::Rng{seed}.stream(ebm::Purpose::user),
                                           static_cast<std::uint64_t>(i));
    for (std::size_t j = 0; j < mean.size(); ++j) {
      const double z = draws.normal(0, static_cast<std::uint32_t>(j))[0].lane(0);
      samples(i, static_cast<Eigen::Index>(j)) = mean[j] + deviation[j] * z;
    }
  }
  return samples;
}

/// No samples, for losses of data alone.
[[nodiscard]] inline ebm::Samples<double> no_samples(const ebm::Samples<double>& data) {
  return ebm::Samples<double>(0, data.cols());
}

/// The parameters of energies for which PyTorch 1.13 has computed losses and gradients in float64,
/// by `torch.autograd.grad` with `create_graph=True`: parameter k is 0.6 sin(1.7 k + 0.3).
inline void set_reference_parameters(std::span<double> parameters) {
  double k = 0;
  for (double& p : parameters) p = 0.6 * std::sin(1.7 * k++ + 0.3);
}

using ReferenceNet =
    ebm::Sequential<ebm::Shape<2>, ebm::Linear<3>, ebm::kernels::Swish, ebm::Linear<1>>;

[[nodiscard]] inline ebm::Neural<ReferenceNet, double> reference_energy() {
  ebm::Neural<ReferenceNet, double> energy;
  energy.change_parameters(set_reference_parameters);
  return energy;
}

/// The samples of PyTorch's losses: feature j of sample i is 1.2 cos(0.9 i + 2.1 j).
[[nodiscard]] inline ebm::Samples<double> reference_samples() {
  return ebm::Samples<double>::NullaryExpr(5, 2, [](Eigen::Index i, Eigen::Index j) {
    return 1.2 * std::cos(0.9 * static_cast<double>(i) + 2.1 * static_cast<double>(j));
  });
}
