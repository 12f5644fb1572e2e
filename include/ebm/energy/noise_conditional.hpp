// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <ebm/core/block.hpp>
#include <ebm/core/error.hpp>
#include <ebm/energy/classifier.hpp>
#include <ebm/kernels/langevin.hpp>
#include <ebm/random/stream.hpp>

namespace ebm {  // the same for every instruction set

/// Options of `NoiseConditional`.
struct NoiseConditionalOptions {
  double mean = 0;       ///< m of the data's features, finite
  double deviation = 1;  ///< d of the data's features, > 0
  double gain = 16;      ///< g, of the network's output, > 0
  double level = 0.1;    ///< of E(x) where no level is named, > 0
};

}  // namespace ebm

/// Energies of data with noise of a known deviation, the noise level.
namespace ebm::inline EBM_ABI {

/// What a network sees of a noise level s: ln s / 3, and sin and cos of k ln s for k = 0.4, 0.8,
/// 1.6, 3.2.
struct LevelFeatures {
  static constexpr int size = 9;

  /// level: > 0 in each lane; features: [size]
  template <class P>
  static void write(const P& level, P* features) {
    using T = typename P::value_type;
    const P log_level = log(level);
    features[0] = log_level * P(T(1) / T(3));
    for (int i = 0; i < 4; ++i) {
      P sine, cosine;
      sincos(log_level * P(T(0.4) * static_cast<T>(1 << i)), sine, cosine);
      features[1 + 2 * i] = sine;
      features[2 + 2 * i] = cosine;
    }
  }
};

namespace detail {

// What a network over `NetworkInput` sees beside the noise level: a sample, and a condition of its
// own if there are more features than those of the level.
template <class Sample, int Rest>
struct BesideLevel {
  using type = Conditioned<Sample, Shape<Rest>>;
};
template <class Sample>
struct BesideLevel<Sample, 0> {
  using type = Sample;
};

/// What a sample is, for a network over `NetworkInput` with so many outputs.
template <class NetworkInput, int Outputs>
struct WithoutLevel {
  static constexpr int rest = NetworkInput::condition_size - LevelFeatures::size;
  static_assert(rest >= 0,
                "the network of NoiseConditional reads the noise level as the last 9 features of "
                "its condition: let its input be Conditioned<Shape<...>, Shape<9>>, and let its "
                "layers have AddCondition");
  using Sample = typename BesideLevel<typename NetworkInput::Sample, rest>::type;
  using Input = Sample;
};
template <class NetworkInput, int Outputs>
  requires(Outputs > 1)
struct WithoutLevel<NetworkInput, Outputs> {
  static_assert(NetworkInput::condition_size == LevelFeatures::size,
                "the network of a NoiseConditional classifier reads the noise level alone: let its "
                "input be Conditioned<Shape<...>, Shape<9>>");
  using Sample = typename NetworkInput::Sample;
  using Input = Conditioned<Sample, Shape<Outputs>>;
};

}  // namespace detail

/// A noise-conditional energy at one noise level, or one for each lane: an energy like any other,
/// for all samplers.
///
/// Refers to the energy that it is made of, which must outlive it.
template <class E>
class AtLevel {
 public:
  using Input = typename E::Input;
  using value_type = typename E::value_type;

  AtLevel(const E& energy, const Pack<value_type>& level) : energy_(&energy), level_(level) {}

  template <class Tape, bool Active>
    requires std::same_as<typename Tape::value_type, value_type>
  auto operator()(const Var<Tape, Input, Active>& x) const {
    return energy_->energy(x, level_);
  }
  /// Of a classifier: f(x, s); x: with its class or without
  template <class Tape, class S, bool Active>
  auto logits(const Var<Tape, S, Active>& x) const {
    return energy_->logits(x, level_);
  }
  [[nodiscard]] const E& original() const noexcept { return *energy_; }

 private:
  const E* energy_;
  Pack<value_type> level_;
};

/// E(x, s) as a function of x alone; see `AtLevel`.
///
/// Throws `InvalidArgument` unless level is > 0 and finite.
template <class E>
[[nodiscard]] AtLevel<E> at_level(const E& energy, double level) {
  require(level > 0 && std::isfinite(level), "at_level: level must be > 0 and finite, got ", level);
  return {energy, Pack<typename E::value_type>(static_cast<typename E::value_type>(level))};
}
/// The same with a level for each lane, all > 0.
template <class E>
[[nodiscard]] AtLevel<E> at_level(const E& energy, const Pack<typename E::value_type>& level) {
  return {energy, level};
}

/// The energy E(x, s) of data with normal noise of deviation s, by a network f that reads s too:
///
///     E(x, s) = |x - m|^2 / (2 v) - g (d / s) f((x - m) / sqrt(v), s),  v = s^2 + d^2
///
/// with the mean m and the deviation d of the data's features. The first term is right at once for
/// large s, where data are all noise; of the second, the network's input and what denoising score
/// matching wants of its slope have deviation 1 at every level.
///
/// Of a network with several outputs, which are logits of classes, f is ln sum over k of e^f_k: it
/// is a classifier too, with
///
///     p(y | x, s) = e^f_y / sum over k of e^f_k,  E(x, y, s) = E(x, s) - ln p(y | x, s)
///
/// and its samples bring their class as `Classifier`'s do; `Marginal` and `Joint` are energies of
/// it for samplers. (Grathwohl et al. 2020 have E(x) = -f: here f is scaled, and p(y | x) is not.)
///
/// Calls without a level are those at the level of the options. Parameters are the network's.
/// Sources: Song & Ermon, "Generative Modeling by Estimating Gradients of the Data Distribution",
/// 2019, section 4.2 (noise-conditional scores, there not of an energy); Karras, Aittala, Aila,
/// Laine, "Elucidating the Design Space of Diffusion-Based Generative Models", 2022, section 5
/// (the scalings).
///
/// Network: over Conditioned<Shape<...>, Shape<n + 9>>, with one output; the condition is the n
/// features of the sample's own condition, if it has one, then those of s, see `LevelFeatures`.
/// With several outputs n is 0
template <class Network, class Numbers = float>
class NoiseConditional {
  static_assert(Network::Output::is_flat,
                "the network of NoiseConditional ends in a number, or one for each class: let its "
                "last layer be Linear<1> or Linear<classes>");
  using Net = NetworkModel<Network, Numbers>;
  using NetInput = typename Network::Input;
  static constexpr int outputs = Network::Output::size;
  using WithoutLevel = detail::WithoutLevel<NetInput, outputs>;
  // Samples with their class, or those of an energy that is no classifier.
  template <class S>
  static constexpr bool is_sample = std::same_as<S, typename WithoutLevel::Sample> ||
                                    std::same_as<S, typename WithoutLevel::Input>;

 public:
  using network_type = Network;
  using Sample = typename WithoutLevel::Sample;  ///< without its class
  using Input = typename WithoutLevel::Input;
  using value_type = typename Net::value_type;

  /// Throws `InvalidArgument` if an option is out of range.
  template <class Init = KaimingUniform>
  explicit NoiseConditional(const NoiseConditionalOptions& options, Rng rng = {},
                            const Init& init = {})
      : options_(options), network_(rng, init) {
    const auto require_positive = [](const char* name, double value) {
      require(value > 0 && std::isfinite(value), "NoiseConditional: ", name,
              " must be > 0 and finite, got ", value);
    };
    require(std::isfinite(options.mean), "NoiseConditional: mean must be finite, got ",
            options.mean);
    require_positive("deviation", options.deviation);
    require_positive("gain", options.gain);
    require_positive("level", options.level);
  }

  [[nodiscard]] const NoiseConditionalOptions& options() const noexcept { return options_; }

  // As `TrainableEnergy`.
  [[nodiscard]] std::span<const value_type> parameters() const noexcept {
    return network_.parameters();
  }
  [[nodiscard]] static std::vector<ParameterInfo> parameter_infos() {
    return Net::parameter_infos();
  }
  template <class Change>
  void change_parameters(const Change& change) {
    network_.change_parameters(change);
  }
  void finish_gradient(std::span<value_type> gradient) const noexcept {
    network_.finish_gradient(gradient);
  }

  /// E(x, s) for each lane; x: of a classifier with its class or without; level: > 0
  template <class Tape, class S, bool Active>
    requires(is_sample<S>)
  auto energy(const Var<Tape, S, Active>& x, const Pack<value_type>& level) const {
    return energy_from(x, level, score_of(network_.apply(seen(x, level))));
  }
  /// Of a classifier: the logits f(x, s), a variable of shape Shape<classes>.
  template <class Tape, class S, bool Active>
    requires(is_sample<S> && outputs > 1)
  auto logits(const Var<Tape, S, Active>& x, const Pack<value_type>& level) const {
    return network_.apply(seen(x, level));
  }
  /// Of a classifier: E(x, y, s) for each lane.
  template <class Tape, bool Active>
    requires(outputs > 1)
  auto of_class(const Var<Tape, Input, Active>& x, const Pack<value_type>& level) const {
    const auto f = logits(x, level);
    const auto score = score_of(f);
    return energy_from(x, level, score) + (score - logit_of_class(f, x));
  }

  /// E(x, s) at the level of the options.
  template <class Tape, class S, bool Active>
    requires(std::same_as<typename Tape::value_type, value_type> && is_sample<S>)
  auto operator()(const Var<Tape, S, Active>& x) const {
    return energy(x, level());
  }
  /// Of a classifier: E(x, y, s) at the level of the options.
  template <class Tape, bool Active>
    requires(outputs > 1)
  auto of_class(const Var<Tape, Input, Active>& x) const {
    return of_class(x, level());
  }

  /// What the network gives, f(x, s) or of a classifier the logits, [sample][output], as operations
  /// on whole tensors; see `io::write_onnx`.
  ///
  /// level: [sample][1] or [1][1], > 0
  template <class Graph, class Value>
    requires(NetInput::condition_size == LevelFeatures::size)
  Value symbolic_outputs(Graph& graph, const Value& x, const Value& level) const {
    const auto s = graph.symbol(level);
    using Symbol = std::remove_const_t<decltype(s)>;
    Symbol of_level[LevelFeatures::size];
    LevelFeatures::write(s, of_level);
    std::vector<Value> condition;
    for (const Symbol& feature : of_level) condition.push_back(graph.value(feature));
    const Symbol scale = Symbol(1) / sqrt(variance(s));
    const auto centred = graph.subtract(x, graph.number(options_.mean));
    const auto seen = graph.multiply(centred, graph.per_channel(graph.value(scale), x));
    return network_.network(graph, seen, graph.concatenate(condition));
  }
  /// E(x, s), [sample], likewise.
  template <class Graph, class Value>
    requires(NetInput::condition_size == LevelFeatures::size)
  Value symbolic(Graph& graph, const Value& x, const Value& level) const {
    const auto s = graph.symbol(level);
    using Symbol = std::remove_const_t<decltype(s)>;
    auto score = symbolic_outputs(graph, x, level);
    if constexpr (outputs > 1) score = graph.log_sum_exp(score);
    const auto centred = graph.subtract(x, graph.number(options_.mean));
    const auto flat = graph.reshape(centred, {graph.samples(x), features});
    const auto squares = graph.sum(graph.multiply(flat, flat), {1});
    const auto far = graph.multiply(squares, graph.value(Symbol(0.5) / variance(s)));
    const Symbol factor = Symbol(options_.gain * options_.deviation) / s;
    const auto likely = graph.multiply(score, graph.value(factor));
    return graph.reshape(graph.subtract(far, likely), {graph.samples(x)});
  }
  /// E(x, s) at the level of the options, likewise.
  template <class Graph, class Value>
    requires(NetInput::condition_size == LevelFeatures::size)
  Value symbolic(Graph& graph, const Value& x) const {
    return symbolic(graph, x, graph.constant({1, 1}, std::array{options_.level}, x));
  }

 private:
  static constexpr int features = free_size<Input>;

  static constexpr value_type constant(double value) { return static_cast<value_type>(value); }
  [[nodiscard]] Pack<value_type> level() const {
    return Pack<value_type>(constant(options_.level));
  }
  /// v
  template <class P>
  [[nodiscard]] P variance(const P& level) const {
    const P deviation(static_cast<typename P::value_type>(options_.deviation));
    return fma(level, level, deviation * deviation);
  }
  /// 1 / v
  [[nodiscard]] Pack<value_type> precision(const Pack<value_type>& level) const {
    return Pack<value_type>(constant(1)) / variance(level);
  }

  /// What the network sees of x at a level.
  template <class Tape, class S, bool Active>
  auto seen(const Var<Tape, S, Active>& x, const Pack<value_type>& level) const {
    using P = typename Tape::PackType;
    constexpr int own_condition = NetInput::condition_size - LevelFeatures::size;
    Tape& tape = *x.tape();
    const P mean(Pack<value_type>(constant(options_.mean))), scale(sqrt(precision(level)));
    P* const seen = tape.allocate(NetInput::size);
    for (int i = 0; i < features; ++i) seen[i] = (x.data()[i] - mean) * scale;
    P* const condition = std::copy_n(x.data() + features, own_condition, seen + features);
    Pack<value_type> of_level[LevelFeatures::size];
    LevelFeatures::write(level, of_level);
    std::copy(of_level, of_level + LevelFeatures::size, condition);
    const auto input = tape.template make_var<NetInput, Active>(seen);
    if constexpr (Active) {
      tape.on_backward([x, input, scale] {
        for (int i = 0; i < features; ++i) x[i].add_adjoint(input.adjoint_data()[i] * scale);
      });
    }
    return input;
  }

  /// f, from what the network gives.
  template <class Outputs>
  static auto score_of(const Outputs& y) {
    if constexpr (outputs == 1) {
      return y;
    } else {
      return log_sum_exp(y);
    }
  }

  /// E(x, s), from f.
  template <class Tape, class S, bool Active, class Score>
  auto energy_from(const Var<Tape, S, Active>& x, const Pack<value_type>& level,
                   const Score& score) const {
    using P = typename Tape::PackType;
    using R = Pack<value_type>;
    const R inverse = precision(level);
    const P mean(R(constant(options_.mean)));
    P squares(constant(0));
    for (int i = 0; i < features; ++i) {
      const P centred = x.data()[i] - mean;
      squares = fma(centred, centred, squares);
    }
    const P factor(R(constant(options_.gain)) * R(constant(options_.deviation)) / level);
    const P value = fma(-factor, score.value(), squares * P(inverse * R(constant(0.5))));
    return record<Score::active>(*x.tape(), value, [x, score, factor, mean, inverse](const P& dy) {
      score.add_adjoint(-factor * dy);
      const P slope = P(inverse) * dy;
      for (int i = 0; i < features; ++i) x[i].add_adjoint((x.data()[i] - mean) * slope);
    });
  }

  NoiseConditionalOptions options_;
  Net network_;
};

/// Samples of the distribution that data with so much noise nearly have, N(m, s^2 + d^2): where
/// chains start that go down from a high level.
///
/// result: [chain][feature], without conditions; chain i has the random numbers of chain
/// `first_chain` + i
/// Throws `InvalidArgument` unless count is >= 0 and level is > 0 and finite.
template <class E>
[[nodiscard]] auto noise_at_level(const E& energy, double level, Eigen::Index count, Rng rng,
                                  std::uint64_t first_chain = 0) {
  using T = typename E::value_type;
  constexpr int features = free_size<typename E::Input>;
  require(count >= 0, "noise_at_level: count must be >= 0, got ", count);
  require(level > 0 && std::isfinite(level), "noise_at_level: level must be > 0 and finite, got ",
          level);
  const auto& o = energy.options();
  const T deviation = static_cast<T>(std::sqrt(level * level + o.deviation * o.deviation));
  Samples<T> result(count, features);
  AlignedVector<Pack<T>> z(std::size_t{features});
  for (int block = 0; block < block_count(count); ++block) {
    const ChainDraws<T> draws(rng.stream(Purpose::fresh_chains),
                              first_chain + static_cast<std::uint64_t>(block) * lanes);
    kernels::draw_normal(kernels::elements_of(z.data()), features, draws, 0);
    for (Pack<T>& value : z)
      value = fma(Pack<T>(deviation), value, Pack<T>(static_cast<T>(o.mean)));
    store_block<Shape<features>>(z.data(), block, SamplesRef<T>(result));
  }
  return result;
}

}  // namespace ebm::inline EBM_ABI
