// SPDX-License-Identifier: MIT
#include <algorithm>
#include <ebm/energy/evaluate.hpp>
#include <ebm/energy/neural.hpp>
#include <span>
#include <vector>

#include "support/catch.hpp"
#include "support/relative_error.hpp"
#include "support/tutorial_golden.hpp"

namespace {

using ebm::lanes;
using ebm::Neural;
using ebm::Pack;
using ebm::Samples;
using ebm::Tape;
using ebm::Wrt;
using Eigen::Index;

/// The 20 real images, then the 20 noise images.
template <class T>
Samples<T> images() {
  const auto real = tutorial_golden().samples<T>("real"),
             fake = tutorial_golden().samples<T>("fake");
  Samples<T> joined(real.rows() + fake.rows(), real.cols());
  joined << real, fake;
  return joined;
}

struct Gradients {
  std::vector<double> parameters;
  std::vector<double> inputs;
};

/// The gradient of mean over i of alpha (f(real_i)^2 + f(fake_i)^2) + f(fake_i) - f(real_i), with
/// f = -E and alpha = 0.1, in what the tape differentiates.
template <Wrt W, class T>
Gradients loss_gradient(const Neural<TutorialNet, T>& energy, const Samples<T>& samples) {
  std::vector<T> parameters(energy.parameters().size());
  Samples<T> inputs = Samples<T>::Zero(samples.rows(), samples.cols());
  Tape<T, W> tape;
  tape.set_parameter_gradient(parameters);
  const Index pairs = samples.rows() / 2;
  for (int block = 0; block < ebm::block_count(samples.rows()); ++block) {
    tape.clear();
    Pack<T>* values = tape.allocate(TutorialNet::Input::size);
    ebm::load_block<TutorialNet::Input, T>(samples, block, values);
    const auto x = tape.template input<TutorialNet::Input>(values);
    const auto y = energy(x);
    alignas(Pack<T>) T seed[lanes] = {};
    for (int lane = 0; lane < ebm::block_fill(samples.rows(), block); ++lane) {
      const bool is_real = block * lanes + lane < pairs;
      const T f = -y.value().lane(lane);
      seed[lane] = -(T(2 * 0.1) * f + T(is_real ? -1 : 1)) / static_cast<T>(pairs);
    }
    tape.backward(y, Pack<T>::load(seed));
    if constexpr (ebm::wants_inputs(W)) {
      ebm::store_block<TutorialNet::Input, T>(x.adjoint_data(), block, inputs);
    }
  }
  return {{parameters.begin(), parameters.end()}, {inputs.data(), inputs.data() + inputs.size()}};
}

}  // namespace

TEMPLATE_TEST_CASE("the tutorial's network scores images as PyTorch does", "", float, double) {
  const auto energy = tutorial_energy<TestType>();
  const auto samples = images<TestType>();
  const Eigen::Vector<TestType, Eigen::Dynamic> scores = -ebm::energies(energy, samples);
  CHECK(relative_error(scores, tutorial_golden().values<double>("score")) <
        golden_tolerance<TestType>);

  const Samples<TestType> gradients = -ebm::energy_gradients(energy, samples);
  CHECK(relative_error(gradients, tutorial_golden().values<double>("score_input_gradient")) <
        golden_tolerance<TestType>);
}

TEMPLATE_TEST_CASE("the gradient of the tutorial's loss is PyTorch's in every parameter", "", float,
                   double) {
  const auto energy = tutorial_energy<TestType>();
  const auto actual = loss_gradient<Wrt::parameters>(energy, images<TestType>()).parameters;
  for (const auto& info : energy.parameter_infos()) {
    CAPTURE(info.name);
    const std::span part(actual.data() + info.offset, static_cast<std::size_t>(info.size));
    CHECK(relative_error(part, tutorial_golden().values<double>("loss_gradient/" + info.name)) <
          golden_tolerance<TestType>);
  }
}

TEMPLATE_TEST_CASE("asking for both gradients gives the bits of asking for one", "", float,
                   double) {
  const auto energy = tutorial_energy<TestType>();
  const auto samples = images<TestType>();
  const auto both = loss_gradient<Wrt::both>(energy, samples);
  CHECK(both.parameters == loss_gradient<Wrt::parameters>(energy, samples).parameters);
  CHECK(both.inputs == loss_gradient<Wrt::inputs>(energy, samples).inputs);
}

TEST_CASE("a tape of inputs leaves the parameter gradient alone") {
  const auto energy = tutorial_energy<float>();
  const auto gradients = loss_gradient<Wrt::inputs>(energy, images<float>());
  CHECK(std::ranges::count(gradients.parameters, 0.0) ==
        static_cast<std::ptrdiff_t>(energy.parameters().size()));
  CHECK(std::ranges::count(gradients.inputs, 0.0) <
        static_cast<std::ptrdiff_t>(gradients.inputs.size()));
}

TEST_CASE("changed parameters count, also where the change ends by an exception") {
  auto energy = tutorial_energy<float>();
  const auto samples = images<float>();
  const auto before = ebm::energies(energy, samples);
  energy.change_parameters([](std::span<float> p) { p.back() += 1; });  // the bias of the score
  const auto after = ebm::energies(energy, samples);
  CHECK(relative_error(after, (before.array() - 1).eval()) < 1e-6);
  CHECK_THROWS_AS(energy.change_parameters([](std::span<float> p) {
    p.back() -= 1;
    throw ebm::Error("");
  }),
                  ebm::Error);
  CHECK(relative_error(ebm::energies(energy, samples), before) < 1e-6);
}

TEST_CASE("scores are the negative of energies") {
  const auto energy = tutorial_energy<float>();
  CHECK(ebm::scores(energy, images<float>()) == -ebm::energies(energy, images<float>()));
}

TEST_CASE("the seed alone decides how a network starts") {
  using Net = ebm::Sequential<ebm::Shape<3>, ebm::Linear<4>, ebm::Swish, ebm::Linear<1>>;
  const Neural<Net> one(ebm::Rng{1}), again(ebm::Rng{1}), other(ebm::Rng{2});
  CHECK(std::ranges::equal(one.parameters(), again.parameters()));
  CHECK_FALSE(std::ranges::equal(one.parameters(), other.parameters()));
}
