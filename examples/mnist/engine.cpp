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
#include <ebm/io/onnx.hpp>
#include <ebm/parallel/threads.hpp>
#include <ebm/sampler/langevin.hpp>
#include <ebm/sampler/replay_buffer.hpp>
#include <ebm/sampler/run_chains.hpp>
#include <variant>

#include "compiled_networks.hpp"
#include "digit_judge.hpp"
#include "matching.hpp"
#include "train_on_cpu.hpp"

namespace ebm_mnist::inline EBM_INSTRUCTION_SET {

static_assert(pixels == Network::Input::size && pixels == ResidualNetwork::Input::size);

namespace {

using Images = ebm::Samples<float>;
namespace corruptions = ebm::corruptions;

Images noise_images(int count, ebm::Rng rng) {
  Images images(count, pixels);
  ebm::fill_with_noise<float>(images, rng);
  return images;
}

Images with_noise(const Images& images, const std::vector<bool>& unknown, ebm::Rng rng) {
  Images result = corruptions::noise(images, rng);
  for (Eigen::Index pixel = 0; pixel < pixels; ++pixel) {
    if (!unknown[static_cast<std::size_t>(pixel)]) result.col(pixel) = images.col(pixel);
  }
  return result;
}

/// The networks of the tutorial's recipe; all but this file know `Model` alone.
class NetworkModel final : public Model {
 public:
  explicit NetworkModel(const ebm::io::SafeTensors& content) {
    // Only the residual network has parameters of that name.
    if (content.contains("residual1.conv1.weight")) {
      network_.emplace<ebm::Neural<ResidualNetwork>>();
    }
    std::visit([&](auto& network) { ebm::io::load_model(content, network); }, network_);
  }

  bool has_levels() const override { return false; }

  std::vector<double> energies(const ebm::ConstSamplesRef<float>& images, const std::string& name,
                               int thread_count) const override {
    std::vector<double> values = scores(images, name, thread_count);
    for (double& value : values) value = -value;
    return values;
  }

  std::vector<double> scores(const ebm::ConstSamplesRef<float>& images, const std::string& name,
                             int thread_count) const override {
    ebm::Threads threads(thread_count);
    const Eigen::VectorXd f = scores_of(images, threads).cast<double>();
    for (Eigen::Index i = 0; i < f.size(); ++i) {
      if (std::isfinite(f[i])) continue;
      throw ebm::Error(ebm::sentence("the model gives image ", i, " of ", name, " the score ", f[i],
                                     ", expected a finite number"));
    }
    return {f.begin(), f.end()};
  }

  Chains run_chains(int count, const ChainOptions& options, int every, std::uint32_t seed,
                    int thread_count) const override {
    const ebm::Rng rng{seed};
    ebm::Threads threads(thread_count);
    Chains chains(count, every > 0 ? options.steps / every + 1 : 0);
    ebm::fill_with_noise<float>(chains.final, rng);
    ebm::ChainRun<float> run{.steps = options.steps, .rng = rng, .every = every};
    if (every > 0) chains.snapshot(0) = chains.final;
    run.observe = [&](int steps_done, Eigen::Index first,
                      const ebm::ConstSamplesRef<float>& states) {
      chains.snapshot(steps_done / every).middleRows(first, states.rows()) = states;
    };
    visit([&](const auto& energy) {
      ebm::run_chains(ebm::Langevin(options.langevin), energy, chains.final, run, threads);
    });
    return chains;
  }

  Images denoise(const Images& noisy, const Denoising& denoising, int chains,
                 const ChainOptions& options, std::uint32_t seed, int thread_count) const override {
    const auto [deviation, temperature] = denoising;
    ebm::LangevinOptions bounded = options.langevin;
    // Twice this is where steps down the likelihood alone would overshoot ever further.
    if (temperature > 0) {
      bounded.step_size = std::min(bounded.step_size, deviation * deviation / temperature);
    }
    Images states = repeated(noisy, chains);
    ebm::Threads threads(thread_count);
    visit([&](const auto& network) {
      using Input = typename std::remove_cvref_t<decltype(network)>::Input;
      const auto energy =
          ebm::reference(network) + temperature * ebm::GaussianLikelihood<Input>(states, deviation);
      ebm::run_chains(ebm::Langevin(bounded), energy, states,
                      {.steps = options.steps, .rng = ebm::Rng{seed}}, threads);
    });
    Images result(noisy.rows(), noisy.cols());
    for (Eigen::Index image = 0; image < noisy.rows(); ++image) {
      auto mean = result.row(image);
      mean.setZero();
      // One after the other: Eigen's own mean has another order on each processor.
      for (int chain = 0; chain < chains; ++chain) mean += states.row(image * chains + chain);
      mean /= static_cast<float>(chains);
    }
    return result;
  }

  Images inpaint(const Images& images, const std::vector<bool>& unknown, int chains,
                 const ChainOptions& options, std::uint32_t seed, int thread_count) const override {
    const ebm::Rng rng{seed};
    ebm::Threads threads(thread_count);
    Images states = with_noise(repeated(images, chains), unknown, rng);
    ebm::ElementMask held(states.rows(), pixels);
    for (Eigen::Index pixel = 0; pixel < pixels; ++pixel) {
      held.col(pixel).setConstant(!unknown[static_cast<std::size_t>(pixel)]);
    }
    visit([&](const auto& energy) {
      ebm::run_chains(ebm::Langevin(options.langevin), energy, states,
                      {.steps = options.steps, .rng = rng, .hold = &held}, threads);
      // The last steps go without noise, which would stay in the images.
      ebm::run_chains(ebm::EnergyDescent(options.langevin), energy, states,
                      {.steps = options.steps / 8, .hold = &held}, threads);
    });
    const Eigen::VectorXf scores = scores_of(states, threads);
    Images result(images.rows(), pixels);
    for (Eigen::Index i = 0; i < images.rows(); ++i) {
      Eigen::Index best = 0;
      scores.segment(i * chains, chains).maxCoeff(&best);
      result.row(i) = states.row(i * chains + best);
    }
    return result;
  }

  void write_scores(const std::filesystem::path& path,
                    const std::map<std::string, std::string>& metadata) const override {
    visit([&](const auto& energy) { ebm::io::write_onnx(path, energy, {.metadata = metadata}); });
  }
  void write_gradient(const std::filesystem::path& path,
                      const std::map<std::string, std::string>& metadata) const override {
    visit([&](const auto& energy) {
      ebm::io::write_onnx(path, energy, {.gradient = true, .metadata = metadata});
    });
  }

 private:
  template <class F>
  void visit(const F& f) const {
    std::visit(f, network_);
  }

  /// f of each image.
  [[nodiscard]] Eigen::VectorXf scores_of(const ebm::ConstSamplesRef<float>& images,
                                          ebm::Threads& threads) const {
    return std::visit([&](const auto& energy) { return ebm::scores(energy, images, threads); },
                      network_);
  }

  /// Each image `count` times, one behind the other.
  static Images repeated(const Images& images, int count) {
    Images result(images.rows() * count, images.cols());
    for (Eigen::Index i = 0; i < result.rows(); ++i) result.row(i) = images.row(i / count);
    return result;
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
    std::error_code unknown;  // whatever can't be asked for fails with its reason when read
    if (!std::filesystem::exists(path, unknown)) {
      throw ebm::Error(ebm::sentence("there is no model file ", ebm::io::quoted(path),
                                     ": choose one by --model"));
    }
    const ebm::io::SafeTensors content = ebm::io::read_safetensors(path);
    if (auto model = load_level_model(content)) return model;
    return std::make_unique<NetworkModel>(content);
  }
  std::unique_ptr<const Judge> load_judge(const std::filesystem::path& path) const override {
    return ebm_mnist::load_judge(path);
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
