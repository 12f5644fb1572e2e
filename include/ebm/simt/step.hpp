// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/energy/neural.hpp>
#include <ebm/optim/adam.hpp>
#include <ebm/optim/clip.hpp>
#include <ebm/simt/chains.hpp>
#include <ebm/simt/optimize.hpp>
#include <ebm/simt/replay_buffer.hpp>
#include <ebm/train/host_step.hpp>

namespace ebm::inline EBM_ABI::simt {

/// A training step on a machine of threads, to the same bits as `HostStep`: parameters, buffer and
/// optimiser live there, and come back when somebody asks for them.
///
/// The loss may be any; the energy is a `Neural`, the sampler a `Langevin`, the optimiser `Adam`,
/// the gradient clip `GlobalNormClip` or `NoGradientClip`.
template <class E, class RecipeType, class X>
class MachineStep {
  using T = typename E::value_type;
  using M = typename X::machine_type;
  using Network = typename E::network_type;
  using S = typename E::Input;
  using Sampler = decltype(RecipeType::sampler);
  template <class U>
  using Array = typename M::template Array<U>;

  static_assert(std::same_as<decltype(RecipeType::optimizer), Adam<T>>,
                "a GPU makes the steps of Adam; the recipe has another optimizer");
  static_assert(
      requires(const Sampler& sampler) {
        typename Sampler::template ClipPolicy<T>;
        sampler.options();
      }, "a GPU runs the chains of a Langevin; the recipe has another sampler");
  static_assert(std::same_as<decltype(RecipeType::gradient_clip), GlobalNormClip> ||
                    std::same_as<decltype(RecipeType::gradient_clip), NoGradientClip>,
                "a GPU clips gradients as GlobalNormClip or NoGradientClip; the recipe has another "
                "gradient_clip");

 public:
  MachineStep(const E& model, const RecipeType& recipe, X& executor)
      : machine_(&executor.machine()),
        batch_(recipe.batch),
        groups_(group_count(batch_)),
        network_(*machine_),
        chains_(*machine_, batch_),
        buffer_(*machine_, recipe.buffer, batch_),
        samples_(*machine_, sample_elements(batch_), "a batch"),
        both_(*machine_, lanes_of(2 * S::size), "data and samples of a step"),
        scores_(*machine_, lanes_of(2), "the scores' adjoints"),
        memory_(*machine_,
                MachineNetwork<Network, T, M>::template pass_size<Wrt::parameters>(2 * groups_),
                "the values and adjoints of a pass over data and samples"),
        of_blocks_(*machine_, static_cast<std::size_t>(samples().blocks) * parameter_count,
                   "the parameter gradients of blocks"),
        gradient_(*machine_, parameter_count, "the gradient"),
        previous_(*machine_, parameter_count, "the parameters of the step before"),
        mean_(*machine_, parameter_count, "Adam's mean gradients"),
        square_(*machine_, parameter_count, "Adam's mean squared gradients"),
        sums_(*machine_, square_sums, "sums of squares"),
        norm_(*machine_, 1, "the gradient's norm"),
        draws_(*machine_, 1, "the random numbers' place") {
    upload(model, recipe);
  }

  /// The buffer as it is now.
  [[nodiscard]] const ReplayBuffer<T>& buffer() const { return buffer_.on_host(); }

  /// Makes the model what training has made of it.
  void fetch(E& model) const {
    if (!model_is_old_) return;
    std::ranges::copy(downloaded(network_.parameters()), model.parameters().begin());
    model.freeze();
    model_is_old_ = false;
  }

  /// Takes the model's parameters as they are now; a first batch of noise in the buffer, if it is
  /// empty.
  void start(const E& model, const RecipeType& recipe) {
    upload_parameters(model);
    if (buffer_.size() > 0) return;
    constexpr std::uint64_t before_any_step = ~std::uint64_t{0};
    buffer_.draw(chains_.states(), recipe.rng, before_any_step);
    buffer_.push(chains_.states());
  }

  /// As `HostStep::run`.
  void run(E&, RecipeType& recipe, X&, Workspace<T>&, const Samples<T>& batch,
           BatchReport& report) {
    const auto draw = static_cast<std::uint64_t>(report.iteration - 1);
    const std::uint64_t first_chain = draw * static_cast<std::uint64_t>(recipe.batch);
    load_data(recipe, batch, first_chain);
    buffer_.draw(chains_.states(), recipe.rng, draw);
    chains_.run(network_, recipe.sampler, recipe.rng.stream(Purpose::chain_noise), first_chain);
    machine_->copy(chains_.states(), lanes_of(S::size), both_.data() + lanes_of(S::size));

    const bool scores_are_finite = compute_gradient(recipe, report);
    ebm::detail::require_finite(scores_are_finite || chains_are_finite(), "the chains are", report);
    buffer_.push(chains_.states());
    ebm::detail::require_finite(std::isfinite(report.result.loss.total), "the loss is", report);
    update(recipe, report);
  }

  [[nodiscard]] State state(const E&, const RecipeType& recipe) const {
    State state;
    state.put("parameters", downloaded(network_.parameters()));
    state.put("buffer", buffer().state());
    auto optimizer = recipe.optimizer;
    if (has_moments_) {
      optimizer.set_moments({downloaded(mean_), downloaded(square_)});
    }
    state.put("optimizer", optimizer.state());
    return state;
  }

  void restore(const State& state, E& model, RecipeType& recipe) {
    buffer_.load(ebm::detail::restore_step(state, model, recipe));
    upload(model, recipe);
  }

 private:
  static constexpr std::size_t parameter_count = Network::parameter_count;
  static constexpr int square_sums = 1024;  // at least the 16 of the norm

  static std::size_t sample_elements(int count) {
    return static_cast<std::size_t>(count) * S::size;
  }
  [[nodiscard]] std::size_t lanes_of(int elements) const {
    return static_cast<std::size_t>(groups_) * warp_lanes * static_cast<std::size_t>(elements);
  }
  [[nodiscard]] SampleBlocks samples() const {
    const int blocks = block_count(batch_);
    return {.data_blocks = blocks, .blocks = 2 * blocks, .first_model_group = groups_};
  }

  void upload_parameters(const E& model) {
    machine_->upload(model.parameters().data(), parameter_count, network_.parameters().data());
    network_.freeze();
    model_is_old_ = false;
  }

  /// What the host has of model and optimiser to the machine.
  void upload(const E& model, const RecipeType& recipe) {
    upload_parameters(model);
    auto [mean, square] = recipe.optimizer.moments();
    has_moments_ = !mean.empty();
    mean.resize(parameter_count);
    square.resize(parameter_count);
    machine_->upload(mean.data(), parameter_count, mean_.data());
    machine_->upload(square.data(), parameter_count, square_.data());
  }

  [[nodiscard]] std::vector<T> downloaded(const Array<T>& array) const {
    std::vector<T> values(array.size());
    machine_->download(array.data(), values.size(), values.data());
    return values;
  }

  /// Data and their noise to the first half of `both_`.
  void load_data(const RecipeType& recipe, const Samples<T>& batch, std::uint64_t first_chain) {
    machine_->upload(batch.data(), sample_elements(batch_), samples_.data());
    machine_->launch(LoadSamples<T, S>{samples_.data(), both_.data(), batch_});
    if (recipe.data_noise == 0) return;
    const DrawNumbers numbers{recipe.rng.stream(Purpose::data_noise), first_chain};
    machine_->upload(&numbers, 1, draws_.data());
    using Clip = NoClip<T>;
    using Domain = typename Sampler::template DomainPolicy<T>;
    const LangevinOptions& options = recipe.sampler.options();
    machine_->launch(Advance<T, GaussianNoise, Clip, Domain, S::size>{
        .x = both_.data(),
        .gradient = nullptr,
        .step_size = T(0),
        .clip = Clip(options),
        .domain = Domain(options),
        .deviation = static_cast<T>(recipe.data_noise),
        .draws = draws_.data(),
        .step = 0,
        .groups = groups_});
  }

  /// Asked where scores are not finite: those of chains that are not never are.
  [[nodiscard]] bool chains_are_finite() {
    Samples<T> states(1, static_cast<Eigen::Index>(lanes_of(S::size)));
    machine_->download(chains_.states(), lanes_of(S::size), states.data());
    return states.allFinite();
  }

  /// The gradient of the loss; returns whether the scores of the model's samples are finite.
  bool compute_gradient(const RecipeType& recipe, BatchReport& report) {
    PassMemory<T> memory{memory_.data(), memory_.data() + memory_.size()};
    const OnMachine<T, M, Wrt::parameters> run{
        *machine_, memory, 2 * groups_, of_blocks_.data(), Network::parameter_count, samples()};
    const auto recording = network_.forward(run, std::as_const(both_).data());
    std::vector<T> scores(lanes_of(2));
    machine_->download(recording.value.back(), scores.size(), scores.data());
    const bool finite = seeds(recipe, scores, report.result);
    machine_->upload(scores.data(), scores.size(), scores_.data());
    network_.backward(run, recording, std::as_const(scores_).data(), static_cast<T*>(nullptr));
    machine_->launch(AddBlocks<T, LossGradient<T>::groups>{
        of_blocks_.data(), gradient_.data(), Network::parameter_count, samples().blocks});
    return finite;
  }

  void update(RecipeType& recipe, BatchReport& report) {
    machine_->launch(
        SquareSums<T>{gradient_.data(), Network::parameter_count, sums_.data(), lanes});
    machine_->launch(ClipNorm<T>{gradient_.data(), Network::parameter_count, sums_.data(),
                                 recipe.gradient_clip.bound(), norm_.data()});
    machine_->download(norm_.data(), 1, &report.gradient_norm);
    ebm::detail::require_finite(std::isfinite(report.gradient_norm), "the gradient is", report);

    T* const parameters = network_.parameters().data();
    machine_->copy(parameters, parameter_count, previous_.data());
    machine_->launch(AdamUpdate<T>{recipe.optimizer.next_step(report.learning_rate), parameters,
                                   gradient_.data(), mean_.data(), square_.data(),
                                   Network::parameter_count});
    has_moments_ = model_is_old_ = true;
    machine_->launch(
        SquareSums<T>{parameters, Network::parameter_count, sums_.data(), square_sums});
    std::vector<double> sums(square_sums);
    machine_->download(sums_.data(), sums.size(), sums.data());
    const bool finite = std::ranges::all_of(sums, [](double sum) { return std::isfinite(sum); });
    if (!finite) machine_->copy(previous_.data(), parameter_count, parameters);
    ebm::detail::require_finite(finite, "a parameter is", report);
    network_.freeze();
  }

  /// The result of the batch, and the adjoint of each score in place of it; see `LossGradient`.
  bool seeds(const RecipeType& recipe, std::vector<T>& scores, BatchResult& result) const {
    const double share = 1 / static_cast<double>(batch_);
    bool model_is_finite = true;
    result = {};
    for (const Role role : {Role::data, Role::model}) {
      const std::size_t first = role == Role::data ? 0 : lanes_of(1);
      for (int block = 0; block < block_count(batch_); ++block) {
        BatchResult of_block;
        for (int lane = 0; lane < block_fill(batch_, block); ++lane) {
          T& place = scores[first + static_cast<std::size_t>(block * lanes + lane)];
          const double score = static_cast<double>(place);
          of_block.loss += share * recipe.loss.term(score, role);
          (role == Role::data ? of_block.data_score : of_block.model_score) += share * score;
          // 0 + is what an adjoint that stands at zero makes of a zero of the other sign.
          place = T(0) + static_cast<T>(share * recipe.loss.slope(score, role));
          if (role == Role::model) model_is_finite = model_is_finite && std::isfinite(score);
        }
        result += of_block;
      }
      std::fill(scores.begin() + static_cast<std::ptrdiff_t>(first) + batch_,
                scores.begin() + static_cast<std::ptrdiff_t>(first + lanes_of(1)), T(0));
    }
    return model_is_finite;
  }

  M* machine_;
  int batch_, groups_;
  MachineNetwork<Network, T, M> network_;
  MachineChains<Network, T, M> chains_;
  MachineReplayBuffer<S, T, M> buffer_;
  Array<T> samples_, both_, scores_, memory_, of_blocks_, gradient_, previous_, mean_, square_;
  Array<double> sums_, norm_;
  Array<DrawNumbers> draws_;
  bool has_moments_ = false;
  mutable bool model_is_old_ = false;
};

}  // namespace ebm::inline EBM_ABI::simt
