// SPDX-License-Identifier: MIT
#include "engine.hpp"

#include <algorithm>
#include <cmath>
#include <ebm/energy/combine.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/energy/likelihood.hpp>
#include <ebm/energy/neural.hpp>
#include <ebm/eval/corruptions.hpp>
#include <ebm/io/model.hpp>
#include <ebm/parallel/threads.hpp>
#include <ebm/sampler/langevin.hpp>
#include <ebm/sampler/replay_buffer.hpp>
#include <variant>

#include "compiled_networks.hpp"
#include "train_on_cpu.hpp"

namespace ebm_mnist::inline EBM_INSTRUCTION_SET {

static_assert(pixels == Network::Input::size && pixels == ResidualNetwork::Input::size);

namespace {

using Images = ebm::Samples<float>;
namespace corruptions = ebm::corruptions;

Images noise_images(int count, ebm::Rng rng) {
  Images images(count, pixels);
  ebm::ReplayBuffer<float>(pixels, {.capacity = 1}).draw(images, rng, 0);  // empty: all fresh
  return images;
}

Images with_noise(const Images& images, const std::vector<bool>& unknown, ebm::Rng rng) {
  Images result = corruptions::noise(images, rng);
  for (Eigen::Index pixel = 0; pixel < pixels; ++pixel) {
    if (!unknown[static_cast<std::size_t>(pixel)]) result.col(pixel) = images.col(pixel);
  }
  return result;
}

/// The networks of this program; all but this file know `Model` alone.
class NetworkModel final : public Model {
 public:
  explicit NetworkModel(const std::filesystem::path& path) {
    std::error_code unknown;  // whatever can't be asked for fails with its reason when read
    if (!std::filesystem::exists(path, unknown)) {
      throw ebm::Error(ebm::sentence("there is no model file ", ebm::io::quoted(path),
                                     ": choose one by --model"));
    }
    // Only the residual network has parameters of that name.
    if (ebm::io::read_safetensors(path).contains("residual1.conv1.weight")) {
      network_.emplace<ebm::Neural<ResidualNetwork>>();
    }
    std::visit([&](auto& network) { ebm::io::load_model(path, network); }, network_);
  }

  std::vector<double> scores(const ebm::ConstSamplesRef<float>& images, const std::string& name,
                             int thread_count) const override {
    ebm::Threads threads(thread_count);
    const Eigen::VectorXd f = -energies_of(images, threads).cast<double>();
    for (Eigen::Index i = 0; i < f.size(); ++i) {
      if (std::isfinite(f[i])) continue;
      throw ebm::Error(ebm::sentence("the model gives image ", i, " of ", name, " the score ", f[i],
                                     ", expected a finite number"));
    }
    return {f.begin(), f.end()};
  }

  Chains run_chains(int count, const ebm::LangevinOptions& options, int every, std::uint32_t seed,
                    int thread_count) const override {
    const ebm::Rng rng{seed};
    ebm::Threads threads(thread_count);
    Chains chains;
    chains.final = noise_images(count, rng);
    const ebm::Langevin sampler(options);
    ebm::Workspace<float> workspace;
    if (every > 0) chains.trace.push_back(chains.final);
    std::visit(
        [&](const auto& energy) {
          if (every == 0) {
            sampler.run<float>(energy, chains.final, 0, rng, threads, workspace);
            return;
          }
          for (auto& snapshot :
               sampler.trace<float>(energy, chains.final, every, 0, rng, threads, workspace)) {
            chains.trace.push_back(std::move(snapshot));
          }
        },
        network_);
    return chains;
  }

  Images denoise(const Images& noisy, const Denoising& denoising, int chains,
                 const ebm::LangevinOptions& options, std::uint32_t seed,
                 int thread_count) const override {
    const ebm::Rng rng{seed};
    ebm::Threads threads(thread_count);
    const auto [deviation, temperature] = denoising;
    ebm::LangevinOptions bounded = options;
    // Twice this is where steps down the likelihood alone would overshoot ever further.
    if (temperature > 0) {
      bounded.step_size = std::min(options.step_size, deviation * deviation / temperature);
    }
    const ebm::Langevin sampler(bounded);
    Images result(noisy.rows(), noisy.cols());
    std::vector<ebm::Workspace<float>> workspaces(static_cast<std::size_t>(threads.workers()));
    const auto restore = [&](const auto& network, int image, int worker) {
      using Input = typename std::remove_cvref_t<decltype(network)>::Input;
      const auto energy = ebm::reference(network) +
                          temperature * ebm::GaussianLikelihood<Input>(noisy.row(image), deviation);
      Images states = noisy.row(image).replicate(chains, 1);
      ebm::Serial serial;  // images are parallel already
      sampler.run<float>(energy, states,
                         static_cast<std::uint64_t>(image) * static_cast<std::uint64_t>(chains),
                         rng, serial, workspaces[static_cast<std::size_t>(worker)]);
      auto mean = result.row(image);
      mean.setZero();
      // One after the other: Eigen's own mean has another order on each processor.
      for (int chain = 0; chain < chains; ++chain) mean += states.row(chain);
      mean /= static_cast<float>(chains);
    };
    threads.for_each(static_cast<int>(noisy.rows()), [&](int image, int worker) {
      std::visit([&](const auto& network) { restore(network, image, worker); }, network_);
    });
    return result;
  }

  Images inpaint(const Images& images, const std::vector<bool>& unknown, int chains,
                 const ebm::LangevinOptions& options, std::uint32_t seed,
                 int thread_count) const override {
    const ebm::Rng rng{seed};
    ebm::Threads threads(thread_count);
    Images states(images.rows() * chains, pixels);
    for (Eigen::Index i = 0; i < states.rows(); ++i) states.row(i) = images.row(i / chains);
    states = with_noise(states, unknown, rng);
    ebm::ElementMask held(states.rows(), pixels);
    for (Eigen::Index pixel = 0; pixel < pixels; ++pixel) {
      held.col(pixel).setConstant(!unknown[static_cast<std::size_t>(pixel)]);
    }
    ebm::Workspace<float> workspace;
    const ebm::Langevin sampler(options);
    // The last steps go without noise, which would stay in the images.
    ebm::LangevinOptions quiet = options;
    quiet.steps = options.steps / 8;
    const ebm::EnergyDescent descent(quiet);
    std::visit(
        [&](const auto& energy) {
          sampler.run_holding<float>(energy, states, held, 0, rng, threads, workspace);
          descent.run_holding<float>(energy, states, held, 0, rng, threads, workspace);
        },
        network_);
    const Eigen::VectorXf energies = energies_of(states, threads);
    Images result(images.rows(), pixels);
    for (Eigen::Index i = 0; i < images.rows(); ++i) {
      Eigen::Index best = 0;
      energies.segment(i * chains, chains).minCoeff(&best);
      result.row(i) = states.row(i * chains + best);
    }
    return result;
  }

 private:
  /// E(x) of each image.
  [[nodiscard]] Eigen::VectorXf energies_of(const ebm::ConstSamplesRef<float>& images,
                                            ebm::Threads& threads) const {
    return std::visit([&](const auto& energy) { return ebm::energies(energy, images, threads); },
                      network_);
  }

  std::variant<ebm::Neural<Network>, ebm::Neural<ResidualNetwork>> network_;
};

constexpr Corruption battery[] = {
    {"noise", "uniform noise alone",
     [](const Images& x, std::uint32_t seed) { return corruptions::noise(x, {seed}); }},
    {"gaussian", "normal noise on each pixel",
     [](const Images& x, std::uint32_t seed) { return corruptions::noisy(x, {seed}); }},
    {"flipped", "a half turn",
     [](const Images& x, std::uint32_t) { return corruptions::flipped(x); }},
    {"shrunk", "half the size, in a corner",
     [](const Images& x, std::uint32_t) { return corruptions::shrunk(x); }},
    {"inverted", "dark digits on white",
     [](const Images& x, std::uint32_t) { return corruptions::inverted(x); }},
    {"constant", "one grey all over",
     [](const Images& x, std::uint32_t seed) { return corruptions::constant(x, {seed}); }},
    {"blank_salt", "white pixels on black, no digit",
     [](const Images& x, std::uint32_t seed) { return corruptions::blank_salt(x, {seed}); }},
    {"salt", "white pixels on the digit",
     [](const Images& x, std::uint32_t seed) { return corruptions::salt(x, {seed}); }},
    {"square", "a white square on the digit",
     [](const Images& x, std::uint32_t seed) { return corruptions::square(x, {seed}); }},
    {"shuffled", "the same pixels in another order",
     [](const Images& x, std::uint32_t seed) { return corruptions::shuffled(x, {seed}); }},
};

class NetworkEngine final : public Engine {
 public:
  std::unique_ptr<const Model> load(const std::filesystem::path& path) const override {
    return std::make_unique<NetworkModel>(path);
  }
  TrainingResult train(const TrainOptions& options, const TrainingData& data) const override {
    return train_on_cpu(options, data);
  }
  Images noise_images(int count, std::uint32_t seed) const override {
    return ebm_mnist::noise_images(count, {seed});
  }
  Images with_noise(const Images& images, const std::vector<bool>& unknown,
                    std::uint32_t seed) const override {
    return ebm_mnist::with_noise(images, unknown, {seed});
  }
  Images noisy(const Images& images, std::uint32_t seed, double deviation) const override {
    return corruptions::noisy(images, {seed}, deviation);
  }
  std::span<const Corruption> corruptions() const override { return battery; }
};

}  // namespace

const Engine& engine() {
  static constexpr NetworkEngine engine;
  return engine;
}

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
