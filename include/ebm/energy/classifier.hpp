// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/autodiff/operations.hpp>
#include <ebm/energy/energy.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/energy/finite_parameters.hpp>
#include <ebm/nn/network_model.hpp>

/// Classifiers, and the energies that they are.
namespace ebm::inline EBM_ABI {

/// The logit of the class that a sample brings as its last features, one-hot.
///
/// logits: a variable of shape Shape<classes>, such as those of x
template <class Logits, class Tape, class S, bool Active>
auto logit_of_class(const Logits& logits, const Var<Tape, S, Active>& x) {
  constexpr int classes = Logits::shape::size;
  const auto* const weights = x.data() + S::size - classes;
  auto total = logits.data()[0] * weights[0];
  for (int k = 1; k < classes; ++k) total = fma(logits.data()[k], weights[k], total);
  return record<Logits::active>(*x.tape(), total, [logits, weights](const auto& dy) {
    for (int k = 0; k < classes; ++k) logits[k].add_adjoint(weights[k] * dy);
  });
}

/// A classifier by a network f with an output, the logit, for each class; and its energies,
///
///     p(y | x) = e^f_y(x) / sum over k of e^f_k(x)
///     E(x) = -ln sum over k of e^f_k(x),  E(x, y) = -f_y(x) = E(x) - ln p(y | x)
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

  /// f(x), a variable of shape Shape<classes>; x: with its class or without
  template <class Tape, class S, bool Active>
  auto logits(const Var<Tape, S, Active>& x) const {
    return this->apply(Var<Tape, Sample, Active>(*x.tape(), x.data(), x.adjoint_data()));
  }

  /// E(x) for each lane; x: with its class or without
  template <class Tape, class S, bool Active>
    requires std::same_as<typename Tape::value_type, typename Classifier::value_type>
  auto operator()(const Var<Tape, S, Active>& x) const {
    return -log_sum_exp(logits(x));
  }
  /// E(x, y) for each lane.
  template <class Tape, bool Active>
  auto of_class(const Var<Tape, Input, Active>& x) const {
    return -logit_of_class(logits(x), x);
  }

  /// E(x), [sample], as operations on whole tensors; see `io::write_onnx`.
  template <class Graph, class Value>
  Value symbolic(Graph& graph, const Value& x) const {
    const auto score = graph.log_sum_exp(this->network(graph, x));
    return graph.negate(graph.reshape(score, {graph.samples(x)}));
  }
};

/// The energy E(x) of a classifier over samples without classes, for scores and samplers; of a
/// `NoiseConditional` one E(x, s), for `at_level`.
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
    return (*classifier_)(x);
  }
  template <class Tape, bool Active>
  auto energy(const Var<Tape, Input, Active>& x, const Pack<value_type>& level) const {
    return classifier_->energy(x, level);
  }
  [[nodiscard]] const auto& options() const noexcept { return classifier_->options(); }
  [[nodiscard]] const C& original() const noexcept { return *classifier_; }

 private:
  const C* classifier_;
};

/// The energy E(x, y) of a classifier over samples with their classes, whose chains draw samples of
/// a class; of a `NoiseConditional` one E(x, y, s), for `at_level`.
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
    return classifier_->of_class(x);
  }
  template <class Tape, bool Active>
  auto energy(const Var<Tape, Input, Active>& x, const Pack<value_type>& level) const {
    return classifier_->of_class(x, level);
  }
  [[nodiscard]] const auto& options() const noexcept { return classifier_->options(); }
  [[nodiscard]] const C& original() const noexcept { return *classifier_; }

 private:
  const C* classifier_;
};

namespace detail {

/// What `f` gives by a model for each sample of shape `In`: a variable of shape `Out`.
template <class In, class Out, class T, class M, class F, class X>
[[nodiscard]] Samples<T> outputs_of(const char* function, const M& model, const F& f,
                                    const ConstSamplesRef<T>& rows, X& executor) {
  require_samples<T>(function, rows, In::size);
  require_finite_parameters(function, model);
  Samples<T> result(rows.rows(), Out::size);
  PerWorker<Tape<T, Wrt::nothing>> tapes(executor);
  executor.for_each(block_count(rows.rows()), [&](int index, int worker) {
    auto& tape = tapes[worker];
    tape.clear();
    Pack<T>* const x = tape.allocate(In::size);
    load_block<In>(rows, index, x);
    const auto y = f(tape.template input<In>(x));
    store_block<Out>(y.data(), index, SamplesRef<T>(result));
  });
  return result;
}

}  // namespace detail

/// What a network gives for each sample, such as a classifier's logits.
///
/// samples: [sample][feature], of float or double; result: [sample][output]
/// Throws `InvalidArgument` if the number of features is another, or a value or a parameter is not
/// finite.
template <class Network, class Numbers, class AnySamples, Executor X = Serial>
[[nodiscard]] auto outputs(const NetworkModel<Network, Numbers>& model, const AnySamples& samples,
                           X&& executor = {}) {
  using T = typename NetworkModel<Network, Numbers>::value_type;
  return detail::outputs_of<typename Network::Input, typename Network::Output>(
      "outputs", model, [&](const auto& x) { return model.apply(x); }, ConstSamplesRef<T>(samples),
      executor);
}

/// The logits of each sample without its class, by a classifier, or one at a noise level.
///
/// samples: [sample][feature], of float or double; result: [sample][class]
/// Throws `InvalidArgument` if the number of features is another, or a value or a parameter is not
/// finite.
template <class C, class AnySamples, Executor X = Serial>
[[nodiscard]] auto logits(const C& classifier, const AnySamples& samples, X&& executor = {}) {
  using T = typename C::value_type;
  return detail::outputs_of<typename C::Input::Sample, Shape<C::Input::condition_size>>(
      "logits", classifier, [&](const auto& x) { return classifier.logits(x); },
      ConstSamplesRef<T>(samples), executor);
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
