// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/energy/neural.hpp>
#include <ebm/optim/adam.hpp>
#include <ebm/optim/clip.hpp>
#include <ebm/simt/chains.hpp>
#include <ebm/simt/optimize.hpp>
#include <ebm/simt/replay_buffer.hpp>
#include <ebm/train/chain_guard.hpp>
#include <ebm/train/host_backend.hpp>

namespace ebm::inline EBM_ABI::simt {

/// Backend: a machine of threads, to the same bits as `HostBackend`. Parameters, buffer and
/// optimiser live there, and come back when somebody asks for them.
///
/// The loss may be any that judges scores; the energy is a `Neural`, the sampler a `Langevin`, the
/// starts `FromReplayBuffer`, the optimiser `Adam`, the gradient clip `GlobalNormClip` or
/// `NoGradientClip`, the averaging `NoAverage`, the chain guard `KeepAllChains`.
template <class E, class RecipeType, Machine M>
class MachineBackend {
  using T = typename E::value_type;
  using Network = typename E::network_type;
  using S = typename E::Input;
  using Sampler = decltype(RecipeType::sampler);
  using Clip = decltype(RecipeType::gradient_clip);
  template <class U>
  using Array = typename M::template Array<U>;

  static_assert(std::same_as<typename E::precision_type, PrecisionOf<T>>,
                "a GPU computes networks in Single or Double; the energy has another precision");
  static_assert(ScoreLoss<decltype(RecipeType::loss)>,
                "a GPU trains with losses of scores; the recipe has another loss");
  static_assert(std::same_as<decltype(RecipeType::starts), FromReplayBuffer>,
                "a GPU starts chains in a replay buffer; the recipe has other starts");
  static_assert(std::same_as<decltype(RecipeType::optimizer), Adam<T>>,
                "a GPU makes the steps of Adam; the recipe has another optimizer");
  static_assert(
      requires(const Sampler& sampler) {
        typename Sampler::template ClipPolicy<T>;
        sampler.options();
      }, "a GPU runs the chains of a Langevin; the recipe has another sampler");
  static_assert(std::same_as<Clip, GlobalNormClip> || std::same_as<Clip, NoGradientClip>,
                "a GPU clips gradients as GlobalNormClip or NoGradientClip; the recipe has another "
                "gradient_clip");
  static_assert(
      std::same_as<decltype(RecipeType::chain_guard), KeepAllChains>,
      "a GPU does not replace lost chains; the recipe has a chain_guard: leave it out, or "
      "train on the CPU");
  static_assert(std::same_as<decltype(RecipeType::averaging), NoAverage>,
                "a GPU keeps no average of the parameters; the recipe has an averaging: leave it "
                "out, or train by an executor");

 public:
  /// All three outlive the backend.
  MachineBackend(E& model, const RecipeType& recipe, M& machine)
      : machine_(&machine),
        model_(&model),
        recipe_(&recipe),
        optimizer_(recipe.optimizer),
        batch_(recipe.batch),
        groups_(group_count(batch_)),
        network_(machine),
        chains_(machine, batch_),
        buffer_(machine, recipe.starts.options, batch_),
        samples_(machine, static_cast<std::size_t>(batch_) * S::size, "a batch"),
        both_(machine, lanes_of(2 * S::size), "data and samples of an iteration"),
        scores_(machine, lanes_of(2), "the scores' adjoints"),
        memory_(machine,
                MachineNetwork<Network, T, M>::template pass_size<Wrt::parameters>(2 * groups_),
                "the values and adjoints of a pass over data and samples"),
        of_blocks_(machine, static_cast<std::size_t>(samples().blocks) * parameter_count,
                   "the parameter gradients of blocks"),
        gradient_(machine, parameter_count, "the gradient"),
        previous_(machine, parameter_count, "the parameters of the iteration before"),
        mean_(machine, parameter_count, "Adam's mean gradients"),
        square_(machine, parameter_count, "Adam's mean squared gradients"),
        sums_(machine, most_sums, "sums of squares"),
        norm_(machine, 1, "the gradient's norm"),
        draws_(machine, 1, "the random numbers' place") {
    upload();
  }

  /// The buffer as it is now.
  [[nodiscard]] const ReplayBuffer<T>& starts() const { return buffer_.on_host(); }

  void fetch() const {
    if (!model_is_old_) return;
    model_->change_parameters([&](std::span<T> parameters) {
      std::ranges::copy(downloaded(network_.parameters()), parameters.begin());
    });
    model_is_old_ = false;
  }
  void start() { upload_parameters(); }
  [[nodiscard]] const E& model() const {
    fetch();
    return *model_;
  }

  void load_data(const Samples<T>& batch, std::uint64_t first_chain) {
    first_chain_ = first_chain;
    machine_->upload(batch.data(), samples_.size(), samples_.data());
    machine_->launch(LoadSamples<T, S>{samples_.data(), both_.data(), batch_});
  }
  void add_data_noise() {
    const DrawNumbers numbers{recipe_->rng.stream(Purpose::data_noise), first_chain_};
    machine_->upload(&numbers, 1, draws_.data());
    using Domain = typename Sampler::template DomainPolicy<T>;
    const LangevinOptions& options = recipe_->sampler.options();
    machine_->launch(Advance<T, GaussianNoise, NoClip<T>, Domain, S::size>{
        .x = both_.data(),
        .gradient = nullptr,
        .step_size = T(0),
        .clip = NoClip<T>(options),
        .domain = Domain(options),
        .deviation = static_cast<T>(recipe_->data_noise),
        .draws = draws_.data(),
        .step = 0,
        .groups = groups_});
  }

  void begin_chains(std::uint64_t iteration) {
    buffer_.begin(chains_.states(), recipe_->rng, iteration);
  }
  ChainReport run_chains(int steps) {
    chains_.run(network_, recipe_->sampler, steps, recipe_->rng, first_chain_);
    machine_->copy(chains_.states(), lanes_of(S::size), both_.data() + lanes_of(S::size));
    return {.gradient_evaluations = std::int64_t{steps} * batch_};
  }
  void guard_chains(ChainReport&) const noexcept {}
  [[nodiscard]] bool chains_are_finite() {
    return are_finite(chains_.states(), static_cast<int>(lanes_of(S::size)));
  }
  void end_chains() { buffer_.push(chains_.states()); }

  BatchResult loss_gradient() {
    PassMemory<T> memory{memory_.data(), memory_.data() + memory_.size()};
    const OnMachine<T, M, Wrt::parameters> run{
        *machine_, memory, 2 * groups_, of_blocks_.data(), Network::parameter_count, samples()};
    const auto recording = network_.forward(run, std::as_const(both_).data());
    std::vector<T> scores(lanes_of(2));
    machine_->download(recording.output(), scores.size(), scores.data());
    const BatchResult result = seeds(scores);
    machine_->upload(scores.data(), scores.size(), scores_.data());
    network_.backward(run, recording, std::as_const(scores_).data(), static_cast<T*>(nullptr));
    machine_->launch(AddBlocks<T>{of_blocks_.data(), gradient_.data(), Network::parameter_count,
                                  samples().blocks});
    return result;
  }
  double clip_gradient() {
    machine_->launch(
        SquareSums<T>{gradient_.data(), Network::parameter_count, sums_.data(), lanes});
    machine_->launch(ClipNorm<T, Clip>{gradient_.data(), Network::parameter_count, sums_.data(),
                                       recipe_->gradient_clip, norm_.data()});
    double norm = 0;
    machine_->download(norm_.data(), 1, &norm);
    return norm;
  }

  void update(double learning_rate) {
    T* const parameters = network_.parameters().data();
    machine_->copy(parameters, parameter_count, previous_.data());
    machine_->launch(AdamUpdate<T>{optimizer_.next_step(learning_rate), parameters,
                                   gradient_.data(), mean_.data(), square_.data(),
                                   Network::parameter_count});
    network_.freeze();
    has_moments_ = model_is_old_ = true;
  }
  [[nodiscard]] bool parameters_are_finite() {
    return are_finite(network_.parameters().data(), Network::parameter_count);
  }
  void keep() const noexcept {}
  void take_back() {
    machine_->copy(previous_.data(), parameter_count, network_.parameters().data());
    network_.freeze();
  }

  [[nodiscard]] State state() const {
    const std::vector<T> parameters = downloaded(network_.parameters());
    return host_memory().state(std::span<const T>(parameters));
  }
  void restore(const State& state) {
    auto memory = host_memory();
    memory.restore(state, *model_);
    buffer_.load(std::move(memory.starts));
    optimizer_ = std::move(memory.optimizer);
    upload();
  }

 private:
  static constexpr std::size_t parameter_count = Network::parameter_count;
  static constexpr int most_sums = 1024;  // at least the 16 of the norm

  [[nodiscard]] std::size_t lanes_of(int elements) const {
    return static_cast<std::size_t>(groups_) * warp_lanes * static_cast<std::size_t>(elements);
  }
  [[nodiscard]] SampleBlocks samples() const {
    const int blocks = block_count(batch_);
    return {.data_blocks = blocks, .blocks = 2 * blocks, .first_model_group = groups_};
  }

  void upload_parameters() {
    machine_->upload(model_->parameters().data(), parameter_count, network_.parameters().data());
    network_.freeze();
    model_is_old_ = false;
  }

  /// What the host has of model and optimiser to the machine.
  void upload() {
    upload_parameters();
    auto [mean, square] = optimizer_.moments();
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

  /// Buffer and optimiser as they are now.
  [[nodiscard]] TrainingMemory<ReplayBuffer<T>, Adam<T>, NoAverage::Average<T>> host_memory()
      const {
    auto optimizer = optimizer_;
    if (has_moments_) optimizer.set_moments({downloaded(mean_), downloaded(square_)});
    return {starts(), std::move(optimizer), {}};
  }

  [[nodiscard]] bool are_finite(const T* values, int count) {
    machine_->launch(SquareSums<T>{values, count, sums_.data(), most_sums});
    std::vector<double> sums(most_sums);
    machine_->download(sums_.data(), sums.size(), sums.data());
    return std::ranges::all_of(sums, [](double sum) { return std::isfinite(sum); });
  }

  /// The result of the batch, and the adjoint of each score in place of it.
  BatchResult seeds(std::vector<T>& scores) const {
    BatchResult result;
    for (const Role role : {Role::data, Role::model}) {
      T* const of_role = scores.data() + (role == Role::data ? 0 : lanes_of(1));
      for (int block = 0; block < block_count(batch_); ++block) {
        const std::span<T> of_block(of_role + block * lanes,
                                    static_cast<std::size_t>(block_fill(batch_, block)));
        result += judge_scores(recipe_->loss, role, 1 / static_cast<double>(batch_),
                               std::span<const T>(of_block), of_block.data());
        // What an adjoint that stands at zero makes of a zero of the other sign.
        for (T& seed : of_block) seed = T(0) + seed;
      }
      std::fill(of_role + batch_, of_role + lanes_of(1), T(0));
    }
    return result;
  }

  M* machine_;
  E* model_;
  const RecipeType* recipe_;
  Adam<T> optimizer_;  // without its moments, which are on the machine
  int batch_, groups_;
  MachineNetwork<Network, T, M> network_;
  MachineChains<Network, T, M> chains_;
  MachineReplayBuffer<S, T, M> buffer_;
  Array<T> samples_, both_, scores_, memory_, of_blocks_, gradient_, previous_, mean_, square_;
  Array<double> sums_, norm_;
  Array<DrawNumbers> draws_;
  std::uint64_t first_chain_ = 0;  // of the iteration
  bool has_moments_ = false;
  mutable bool model_is_old_ = false;
};

/// Where a `Trainer` trains on a machine of threads; what callbacks compute, such as validation,
/// stays on an executor of the host.
template <Machine M, Executor X>
class MachinePlace {
 public:
  /// Both stay the caller's.
  MachinePlace(M& machine, X& executor) : machine_(&machine), executor_(&executor) {}

  [[nodiscard]] X& executor() const noexcept { return *executor_; }

  template <class E, class RecipeType>
  struct Backend : MachineBackend<E, RecipeType, M> {
    Backend(E& model, const RecipeType& recipe, const MachinePlace& place)
        : MachineBackend<E, RecipeType, M>(model, recipe, *place.machine_) {}
  };

 private:
  M* machine_;
  X* executor_;
};

}  // namespace ebm::inline EBM_ABI::simt
