// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/energy/expression.hpp>
#include <ebm/loss/contrastive_divergence.hpp>
#include <ebm/loss/loss_gradient.hpp>
#include <ebm/nn/spectral_norm.hpp>
#include <ebm/optim/clip.hpp>
#include <ebm/parallel/threads.hpp>
#include <limits>
#include <numeric>

#include "support/batch_loss.hpp"
#include "support/catch.hpp"
#include "support/finite_differences.hpp"
#include "support/message.hpp"
#include "support/relative_error.hpp"
#include "support/tutorial_golden.hpp"

namespace {

using ebm::ContrastiveDivergence;
using ebm::LossGradient;
using ebm::Samples;
using ebm::Serial;

using SmallNet =
    ebm::Sequential<ebm::Shape<2, 5, 5>, ebm::Conv2d<3, ebm::Kernel<3>, ebm::Stride<2>>, ebm::Swish,
                    ebm::Flatten, ebm::Linear<1>>;

template <class T>
Samples<T> images(int count, unsigned seed) {
  Samples<T> samples(count, SmallNet::Input::size);
  ebm::Sequence draws(ebm::Rng{seed}.stream(ebm::Purpose::user));
  for (auto& value : samples.reshaped()) value = static_cast<T>(2 * draws.uniform() - 1);
  return samples;
}

}  // namespace

TEMPLATE_TEST_CASE("loss and gradient of the tutorial's batch are PyTorch's", "", float, double) {
  using T = TestType;
  const auto energy = tutorial_energy<T>();
  const auto real = tutorial_golden().samples<T>("real"),
             fake = tutorial_golden().samples<T>("fake");
  std::vector<T> gradient(energy.parameters().size());
  LossGradient<T> loss_gradient;
  Serial executor;
  const auto result = loss_gradient(energy, ContrastiveDivergence({.alpha = 0.1}), real, fake,
                                    executor, std::span<T>(gradient));
  const auto step = tutorial_golden().values<double>("step1/loss");
  const auto scores = tutorial_golden().values<double>("score");
  const auto mean = [&](auto first) { return std::accumulate(first, first + 20, 0.0) / 20; };
  const auto expected_value = [](double value) {
    return Approx(value).epsilon(golden_tolerance<T>);
  };
  // Differences of scores that are 100 times as large.
  CHECK(result.loss.total == Approx(step[0]).epsilon(10 * golden_tolerance<T>));
  CHECK(result.loss.parts[1] == Approx(step[2]).epsilon(10 * golden_tolerance<T>));
  CHECK(result.loss.parts[0] == expected_value(step[1]));
  CHECK(result.data_score == expected_value(mean(scores.begin())));
  CHECK(result.model_score == expected_value(mean(scores.begin() + 20)));
  CHECK(ebm::global_norm(std::span<const T>(gradient)) == expected_value(step[3]));
  for (const auto& info : energy.parameter_infos()) {
    INFO(info.name);
    const auto part = std::span<const T>(gradient).subspan(static_cast<std::size_t>(info.offset),
                                                           static_cast<std::size_t>(info.size));
    const auto expected = tutorial_golden().values<double>("loss_gradient/" + info.name);
    CHECK(relative_error(part, expected) < golden_tolerance<T>);
  }
}

TEST_CASE("the gradient is the loss's, by finite differences, for batches of any size") {
  for (const int count : {1, 16, 21, 150}) {
    CAPTURE(count);
    ebm::Neural<SmallNet, double> energy(ebm::Rng{2});
    const auto data = images<double>(count, 1), samples = images<double>(count + 3, 2);
    const ContrastiveDivergence loss({.alpha = 0.3});
    LossGradient<double> loss_gradient;
    Serial executor;
    // What was in the gradient before doesn't matter.
    std::vector<double> gradient(energy.parameters().size(), 1e3), unused(gradient.size());
    loss_gradient(energy, loss, data, samples, executor, std::span<double>(gradient));
    const auto value = [&] {
      return loss_gradient(energy, loss, data, samples, executor, std::span<double>(unused))
          .loss.total;
    };
    const auto differences = central_differences(energy, value);
    CHECK(relative_error(gradient, differences) < 1e-6);
  }
}

TEST_CASE("a weight's norm gets its gradient once, from the sum over all blocks") {
  using Normed =
      ebm::Sequential<ebm::Shape<2, 5, 5>, ebm::SpectralNorm<ebm::Conv2d<3, ebm::Kernel<3>>, 1000>,
                      ebm::Swish, ebm::Flatten, ebm::SpectralNorm<ebm::Linear<1>>>;
  ebm::Neural<Normed, double> energy(ebm::Rng{2});
  BatchLoss loss(energy, images<double>(150, 1), images<double>(21, 2));
  const auto gradient = loss.gradient();
  const auto differences = central_differences(energy, [&] { return loss.value(); });
  CHECK(relative_error(gradient, differences) < 1e-6);
}

TEST_CASE("every block is in one run, and every run is added once, in pairs") {
  for (const int blocks : {1, 2, 3, 7, 31, 32, 33, 100, 1000, 1 << 30}) {
    const ebm::SumOrder order{blocks};
    CHECK(order.runs() == std::min(blocks, 32));
    CHECK(order.first_block(0) == 0);
    CHECK(order.first_block(order.runs()) == blocks);
    for (int run = 0; run < order.runs(); ++run) {
      CHECK(order.first_block(run) < order.first_block(run + 1));
    }
  }
  std::vector<std::string> sums{"a", "b", "c", "d", "e", "f", "g"};
  ebm::SumOrder::for_each_pair(7, [&](int to, int from) {
    auto& sum = sums[static_cast<std::size_t>(to)];
    sum = "(" + sum + sums[static_cast<std::size_t>(from)] + ")";
  });
  CHECK(sums.front() == "(((ab)(cd))((ef)g))");
}

TEST_CASE("the gradient has the same bits for 1, 2 and 3 threads, cold and warm") {
  const ebm::Neural<SmallNet> energy(ebm::Rng{2});
  const auto data = images<float>(600, 1), samples = images<float>(77, 2);
  const ContrastiveDivergence loss;
  std::vector<std::vector<float>> gradients;
  for (const int threads : {1, 2, 3}) {
    ebm::Threads executor(threads);
    LossGradient<float> loss_gradient;
    for (int round = 0; round < 2; ++round) {
      gradients.emplace_back(energy.parameters().size());
      loss_gradient(energy, loss, data, samples, executor, std::span<float>(gradients.back()));
    }
  }
  for (const auto& gradient : gradients) CHECK(gradient == gradients.front());
}

TEST_CASE("a formula's parameters get their gradient too") {
  // E = theta_0 x^2 + theta_1 x, f = -E: the loss is E's mean over data minus that over the model.
  auto energy = ebm::expression<ebm::Shape<1>>(
      [](const auto& x, const auto& theta) {
        return theta[0] * ebm::square(x[0]) + theta[1] * x[0];
      },
      std::array{2.0, -3.0});
  Samples<double> data(2, 1), samples(3, 1);
  data << 1, 3;
  samples << 2, 2, -1;
  std::vector<double> gradient(2);
  LossGradient<double> loss_gradient;
  Serial executor;
  const auto result = loss_gradient(energy, ContrastiveDivergence<ebm::NoRegularizer>(), data,
                                    samples, executor, std::span<double>(gradient));
  CHECK(gradient[0] == Approx(5.0 - 3.0));
  CHECK(gradient[1] == Approx(2.0 - 1.0));
  CHECK(result.loss.total == Approx(2 * (5.0 - 3.0) - 3 * (2.0 - 1.0)));
}

TEST_CASE("a step against the gradient lowers the energy of data and lifts that of samples") {
  ebm::Neural<SmallNet> energy(ebm::Rng{3});
  const auto data = images<float>(30, 1), samples = images<float>(30, 2);
  std::vector<float> gradient(energy.parameters().size());
  LossGradient<float> loss_gradient;
  Serial executor;
  const ContrastiveDivergence<ebm::NoRegularizer> loss;
  const auto evaluate = [&] {
    return loss_gradient(energy, loss, data, samples, executor, std::span<float>(gradient));
  };
  const auto before = evaluate();
  energy.change_parameters([&](std::span<float> parameters) {
    for (std::size_t i = 0; i < gradient.size(); ++i) parameters[i] -= 0.1f * gradient[i];
  });
  const auto after = evaluate();
  CHECK(after.data_score - after.model_score > before.data_score - before.model_score);
  CHECK(after.loss.total < before.loss.total);
}

TEST_CASE("what doesn't fit the loss is refused with a sentence") {
  const ebm::Neural<SmallNet> energy;
  LossGradient<float> loss_gradient;
  Serial executor;
  const auto message = [&](const Samples<float>& data, const Samples<float>& samples,
                           std::size_t parameters) {
    std::vector<float> gradient(parameters);
    return message_of<ebm::InvalidArgument>([&] {
      return loss_gradient(energy, ContrastiveDivergence(), data, samples, executor,
                           std::span<float>(gradient));
    });
  };
  const auto good = images<float>(2, 1), none = images<float>(0, 1);
  auto broken = good;
  broken(1, 7) = std::numeric_limits<float>::infinity();
  CHECK(message(none, good, 70) == "LossGradient: at least one data and one model sample expected");
  CHECK(message(good, none, 70) == "LossGradient: at least one data and one model sample expected");
  CHECK(message(Samples<float>::Zero(2, 3), good, 70) ==
        "LossGradient: the energy expects 50 features a sample, got 3");
  CHECK(message(good, Samples<float>::Zero(2, 51), 70) ==
        "LossGradient: the energy expects 50 features a sample, got 51");
  CHECK(message(broken, good, 70) == "LossGradient: sample 1 holds a value that is not finite");
  CHECK(message(good, broken, 70) == "LossGradient: sample 1 holds a value that is not finite");
  CHECK(message(good, good, 3) ==
        "LossGradient: the energy has 70 parameters, the gradient has room for 3");
}
