// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/autodiff/operations.hpp>
#include <ebm/energy/energy.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/nn/network_model.hpp>

/// Classifiers, and the energies that they are.
namespace ebm::inline EBM_ABI {

/// A classifier by a network f with an output, the logit, for each class; and its energies,
///
///     p(y | x) = e^f_y(x) / sum over k of e^f_k(x)
///     E(x) = -ln sum over k of e^f_k(x),  E(x, y) = -f_y(x),  E(x, y) = E(x) - ln p(y | x)
///
/// Samples bring their class as their last features, one-hot: see `one_hot` and `with_conditions`.
/// As a trainable energy it is E(x), which does not read the class; `CrossEntropy` trains
/// p(y | x), `ContrastiveDivergence` p(x), both in one recipe the joint model.
/// Source: Grathwohl, Wang, Jacobsen, Duvenaud, Norouzi, Swersky, "Your Classifier is Secretly an
/// Energy Based Model and You Should Treat it Like One", 2020, eq. 4 to 7.
template <class Network, class Numbers = float>
class Classifier : public NetworkModel<Network, Numbers> {
  static_assert(Network::Output::is_flat && Network::Output::size > 1,
                "a classifier ends in a number for each class: let its last layer be "
                "Linear<classes>");

 public:
  static constexpr int classes = Network::Output::size;
  using Sample = typename Network::Input;
  using Input = Conditioned<Sample, Shape<classes>>;

  using NetworkModel<Network, Numbers>::NetworkModel;

  /// f(x), a variable of shape Shape<classes>.
  template <class Tape, bool Active>
  auto logits(const Var<Tape, Input, Active>& x) const {
    return this->apply(Var<Tape, Sample, Active>(*x.tape(), x.data(), x.adjoint_data()));
  }
  /// The logit of the class that x brings, from the logits of x.
  template <class Logits, class Tape, bool Active>
  static auto of_class(const Logits& logits, const Var<Tape, Input, Active>& x) {
    const auto* const weights = x.data() + Sample::size;
    auto total = logits.data()[0] * weights[0];
    for (int k = 1; k < classes; ++k) total = fma(logits.data()[k], weights[k], total);
    return record<Logits::active>(*x.tape(), total, [logits, weights](const auto& dy) {
      for (int k = 0; k < classes; ++k) logits[k].add_adjoint(weights[k] * dy);
    });
  }

  /// E(x) for each lane.
  template <class Tape, bool Active>
    requires std::same_as<typename Tape::value_type, typename Classifier::value_type>
  auto operator()(const Var<Tape, Input, Active>& x) const {
    return -log_sum_exp(logits(x));
  }
};

/// The energy E(x) of a classifier over samples without classes, for scores and samplers.
///
/// Refers to the classifier, which must outlive it.
template <class C>
class Marginal {
 public:
  using Input = typename C::Sample;
  using value_type = typename C::value_type;

  explicit Marginal(const C& classifier) : classifier_(&classifier) {}

  template <class Tape, bool Active>
    requires std::same_as<typename Tape::value_type, value_type>
  auto operator()(const Var<Tape, Input, Active>& x) const {
    return -log_sum_exp(classifier_->apply(x));
  }

 private:
  const C* classifier_;
};

/// The energy E(x, y) of a classifier over samples with their classes: its chains draw samples of a
/// class.
///
/// Refers to the classifier, which must outlive it.
template <class C>
class Joint {
 public:
  using Input = typename C::Input;
  using value_type = typename C::value_type;

  explicit Joint(const C& classifier) : classifier_(&classifier) {}

  template <class Tape, bool Active>
    requires std::same_as<typename Tape::value_type, value_type>
  auto operator()(const Var<Tape, Input, Active>& x) const {
    return -C::of_class(classifier_->logits(x), x);
  }

 private:
  const C* classifier_;
};

/// What a network gives for each sample, such as a classifier's logits.
///
/// samples: [sample][feature], of float or double; result: [sample][output]
/// Throws `InvalidArgument` if the number of features is another or a value is not finite.
template <class Network, class Numbers, class AnySamples, Executor X = Serial>
[[nodiscard]] auto outputs(const NetworkModel<Network, Numbers>& model, const AnySamples& samples,
                           X&& executor = {}) {
  using T = typename NetworkModel<Network, Numbers>::value_type;
  using S = typename Network::Input;
  const ConstSamplesRef<T> rows(samples);
  require_samples<T>("outputs", rows, S::size);
  Samples<T> result(rows.rows(), Network::Output::size);
  PerWorker<Tape<T, Wrt::nothing>> tapes(executor);
  executor.for_each(block_count(rows.rows()), [&](int index, int worker) {
    auto& tape = tapes[worker];
    tape.clear();
    Pack<T>* const x = tape.allocate(S::size);
    load_block<S>(rows, index, x);
    const auto y = model.apply(tape.template input<S>(x));
    store_block<typename Network::Output>(y.data(), index, SamplesRef<T>(result));
  });
  return result;
}

/// p(y | x) of each class, from logits.
///
/// logits, result: [sample][class]
template <class T>
[[nodiscard]] Samples<T> class_probabilities(const Samples<T>& logits) {
  Samples<T> result = logits.colwise() - logits.rowwise().maxCoeff();
  result = result.array().exp();
  result.array().colwise() /= result.rowwise().sum().array().eval();
  return result;
}

}  // namespace ebm::inline EBM_ABI
