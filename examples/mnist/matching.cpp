// SPDX-License-Identifier: MIT
#include "matching.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ebm/energy/conditions.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/io/digits.hpp>
#include <ebm/io/model.hpp>
#include <ebm/io/onnx.hpp>
#include <ebm/io/quoted.hpp>
#include <ebm/sampler/run_chains.hpp>
#include <ebm/sampler/underdamped_langevin.hpp>
#include <ebm/train/persistent_annealing.hpp>
#include <type_traits>

namespace ebm_mnist::inline EBM_INSTRUCTION_SET {

namespace {

using Images = ebm::Samples<float>;

// Chains that have run take other random numbers when they go on.
constexpr std::uint64_t first_staying_chain = std::uint64_t{1} << 62;

/// The steps of chains from noise to images. Half of `ChainOptions::steps` go down the levels, the
/// others stay at that of the data, where chains put right what they missed on the way; the last
/// one goes to the denoised sample.
struct Path {
  Path(const ChainOptions& options, double data_level)
      : down(options.steps / 2),
        stay(std::max(0, options.steps - down - 1) + options.stay),
        last(std::min(1, options.steps)),
        levels(ebm::power_levels(
            {.count = down + 1, .high = std::max(10.0, 2 * data_level), .low = data_level})) {}

  int down, stay, last;        // steps
  std::vector<double> levels;  // those of the steps down, and where the others are
};

std::string numbers_as_text(std::span<const double> numbers) {
  std::string text;
  for (const double number : numbers) {
    if (!text.empty()) text += ' ';
    text += ebm::io::with_significant(number, 17);  // which give the number back
  }
  return text;
}

/// The numbers of a metadata entry; throws `ebm::Error` unless there are `count`.
std::vector<double> numbers_of(const ebm::io::SafeTensors& content, const std::string& name,
                               std::size_t count) {
  const auto entry = content.metadata().find(name);
  std::vector<double> numbers;
  if (entry != content.metadata().end()) {
    const std::string& text = entry->second;
    for (const char* at = text.data(); at < text.data() + text.size();) {
      double number = 0;
      const auto [end, error] = std::from_chars(at, text.data() + text.size(), number);
      if (error != std::errc{}) break;
      numbers.push_back(number);
      at = end + 1;  // behind the space
    }
  }
  if (numbers.size() != count) {
    throw ebm::Error(ebm::sentence("a model with noise levels says ", name, " by ", count,
                                   " numbers in its metadata, got ", numbers.size()));
  }
  return numbers;
}

/// The recipe that a file says; empty if it says none.
std::string recipe_in(const ebm::io::SafeTensors& content) {
  const auto recipe = content.metadata().find("recipe");
  return recipe != content.metadata().end() ? recipe->second : std::string();
}

/// The result of `f`, with the file's name before what it says of the metadata.
template <class F>
auto named(const ebm::io::SafeTensors& content, const F& f) {
  try {
    return f();
  } catch (const std::exception& error) {
    throw ebm::Error(ebm::sentence(content.source(), ": ", error.what()));
  }
}

/// The energy of the metadata, without the weights of the file.
template <class E>
E energy_of(const ebm::io::SafeTensors& content) {
  const auto number = [&](const char* name) { return numbers_of(content, name, 1)[0]; };
  return named(content, [&] {
    return E({.mean = number("mean"),
              .deviation = number("deviation"),
              .gain = number("gain"),
              .level = number("level")});
  });
}

ebm::MahalanobisScore score_of(const ebm::io::SafeTensors& content) {
  constexpr std::size_t features = score_levels.size();
  return named(content, [&] {
    ebm::State state;
    state.put("features", static_cast<std::int64_t>(features));
    state.put("mean", numbers_of(content, "score_mean", features));
    state.put("whitening", numbers_of(content, "score_whitening", features * features));
    ebm::MahalanobisScore score;
    score.restore(state);
    return score;
  });
}

template <class E>
class LevelModel final : public Model {
 public:
  explicit LevelModel(const ebm::io::SafeTensors& content)
      : energy_(energy_of<E>(content)), score_(score_of(content)) {
    ebm::io::load_model(content, energy_);
  }

  bool has_levels() const override { return true; }
  int digits() const override { return digits_of<E>; }

  Images digit_probabilities(const ebm::ConstSamplesRef<float>& images,
                             int thread_count) const override {
    if constexpr (digits_of<E> > 0) {
      ebm::Threads threads(thread_count);
      return ebm::class_probabilities(
          ebm::logits(ebm::at_level(energy_, energy_.options().level), images, threads));
    } else {
      return Model::digit_probabilities(images, thread_count);
    }
  }

  std::vector<double> scores(const ebm::ConstSamplesRef<float>& images, const std::string& name,
                             int thread_count) const override {
    ebm::Threads threads(thread_count);
    std::vector<double> scores = score_.scores(level_energies(energy_, images, threads));
    require_finite(scores, "score", name);
    return scores;
  }

  std::vector<double> energies(const ebm::ConstSamplesRef<float>& images, const std::string& name,
                               int thread_count) const override {
    ebm::Threads threads(thread_count);
    const Eigen::VectorXd values =
        ebm::energies(of_images(), images, threads).template cast<double>();
    std::vector<double> energies(values.begin(), values.end());
    require_finite(energies, "energy", name);
    return energies;
  }

  Chains run_chains(int count, const ChainOptions& options, int every, std::uint32_t seed,
                    int thread_count) const override {
    ebm::Threads threads(thread_count);
    if constexpr (digits_of<E> > 0) {
      if (options.digit >= 0) {
        const std::vector<int> digits(static_cast<std::size_t>(count), options.digit);
        return run_chains(ebm::Joint(energy_), ebm::one_hot(std::span(digits), digits_of<E>),
                          options, every, seed, threads);
      }
    }
    return run_chains(of_images(), Images(count, 0), options, every, seed, threads);
  }

  Images denoise(const Images& noisy, const Denoising& denoising, int, const ChainOptions&,
                 std::uint32_t, int thread_count) const override {
    ebm::Threads threads(thread_count);
    Images result = noisy;
    ebm::run_chains(ebm::Annealed(std::vector{denoising.noise_level}), of_images(), result,
                    {.steps = 1}, threads);
    return result.cwiseMax(-1.0f).cwiseMin(1.0f);
  }

  Images inpaint(const Images& images, const std::vector<bool>& unknown, int chains,
                 const ChainOptions& options, std::uint32_t seed, int thread_count) const override {
    const ebm::Rng rng{seed};
    ebm::Threads threads(thread_count);
    Images known(images.rows() * chains, pixels);
    for (Eigen::Index i = 0; i < known.rows(); ++i) known.row(i) = images.row(i / chains);
    const auto sampler = annealed(std::max(1, options.steps));
    Images states = sampler.starts(of_images(), known.rows(), rng);
    Images noisy;  // of one chain
    const auto put_known = [&](double level, std::uint32_t step) {
      for (Eigen::Index i = 0; i < states.rows(); ++i) {
        noisy = known.row(i);
        ebm::add_normal<float>(ebm::sample_of(noisy, 0), level,
                               {rng.stream(ebm::Purpose::user), static_cast<std::uint64_t>(i)},
                               step);
        for (int pixel = 0; pixel < pixels; ++pixel) {
          if (!unknown[static_cast<std::size_t>(pixel)]) states(i, pixel) = noisy(0, pixel);
        }
      }
    };
    // Known pixels have, at each level, the noise that the unknown ones have there.
    const std::vector<double>& levels = sampler.levels();
    for (std::size_t i = 0; i < levels.size() && options.steps > 0; ++i) {
      const auto step = static_cast<std::uint32_t>(i);
      put_known(levels[i], step);
      const bool is_last = i + 1 == levels.size();
      const ebm::Annealed one(is_last ? std::vector{levels[i]}
                                      : std::vector{levels[i], levels[i + 1]});
      ebm::run_chains(one, of_images(), states,
                      {.steps = 1, .rng = rng, .first_chain = first_of_step(i)}, threads);
    }
    put_known(0, 0);
    const Eigen::VectorXf energies = ebm::energies(of_images(), states, threads);
    Images result(images.rows(), pixels);
    for (Eigen::Index i = 0; i < images.rows(); ++i) {
      Eigen::Index best = 0;
      energies.segment(i * chains, chains).minCoeff(&best);
      result.row(i) = states.row(i * chains + best).cwiseMax(-1.0f).cwiseMin(1.0f);
    }
    return result;
  }

  void write_scores(const std::filesystem::path& path,
                    const std::map<std::string, std::string>& metadata) const override {
    ebm::io::OnnxGraph graph;
    const auto x = ebm::io::onnx_input<typename E::Sample>(graph);
    const auto constant = [&](double level) {
      return graph.constant({1, 1}, std::span(&level, 1), x);
    };
    std::vector<ebm::io::OnnxValue> energies;
    for (const double level : score_levels) {
      const auto energy = energy_.symbolic(graph, x, constant(level));
      energies.push_back(graph.reshape(energy, {graph.samples(x), 1}));
    }
    graph.output("score", score_.symbolic(graph, graph.concatenate(energies)));
    if constexpr (digits_of<E> > 0) {
      const auto logits = energy_.symbolic_outputs(graph, x, constant(energy_.options().level));
      graph.output("digit_probabilities", graph.softmax(logits, 1));
    }
    ebm::io::write_onnx(path, graph, metadata);
  }
  void write_gradient(const std::filesystem::path& path,
                      const std::map<std::string, std::string>& metadata) const override {
    ebm::io::OnnxGraph graph;
    const auto x = ebm::io::onnx_input<typename E::Sample>(graph);
    const auto score = graph.negate(energy_.symbolic(graph, x, graph.input("level", {1})));
    graph.output("score", score);
    graph.output("score_gradient", graph.gradient(score, x));
    ebm::io::write_onnx(path, graph, metadata);
  }

 private:
  /// Chains of an energy, whose rows are images and their conditions; so many at once that memory
  /// holds little beside the chains that are through.
  template <class Energy>
  Chains run_chains(const Energy& energy, const Images& conditions, const ChainOptions& options,
                    int every, std::uint32_t seed, ebm::Threads& threads) const {
    constexpr Eigen::Index at_once = 1024;
    const ebm::Rng rng{seed};
    const Path path(options, energy_.options().level);
    const ebm::Annealed<> annealed(path.levels);
    Chains chains(conditions.rows(), every > 0 ? (options.steps + options.stay) / every + 1 : 0);
    ebm::Workspace<float> workspace;
    for (Eigen::Index first = 0; first < conditions.rows(); first += at_once) {
      const Eigen::Index count = std::min(at_once, conditions.rows() - first);
      const auto first_chain = static_cast<std::uint64_t>(first);
      Images states = ebm::with_conditions(annealed.starts(energy, count, rng, first_chain),
                                           Images(conditions.middleRows(first, count)));
      if (every > 0) chains.snapshot(0).middleRows(first, count) = states.leftCols(pixels);
      int done = 0;
      const auto run = [&](const auto& sampler, int steps, std::uint64_t first_number) {
        ebm::run_chains(
            sampler, energy, states,
            {.steps = steps,
             .rng = rng,
             .first_chain = first_number + first_chain,
             .every = every > 0 ? 1 : 0,
             .observe =
                 [&](int now, Eigen::Index row, const auto& seen) {
                   if ((done + now) % every != 0) return;
                   chains.snapshot((done + now) / every).middleRows(first + row, seen.rows()) =
                       seen.leftCols(pixels);
                 }},
            threads, workspace);
        done += steps;
      };
      run(annealed, path.down, 0);
      run(staying(), path.stay, first_staying_chain);
      // The noise of the level, which the chains keep until then, is no part of an image.
      run(ebm::Annealed(std::vector{path.levels.back()}), path.last, 0);
      chains.final.middleRows(first, count) = states.leftCols(pixels);
    }
    chains.final = chains.final.cwiseMax(-1.0f).cwiseMin(1.0f);
    return chains;
  }

  /// E(x, s) of images alone.
  [[nodiscard]] ebm::Marginal<E> of_images() const { return ebm::Marginal<E>(energy_); }

  /// Each step of an inpainting is a run of its own, with random numbers of its own.
  static std::uint64_t first_of_step(std::size_t step) { return std::uint64_t{step} << 32; }

  /// Langevin dynamics for exp(-E) at the level of the energy, by the steps that train it.
  [[nodiscard]] ebm::UnderdampedLangevin staying() const {
    const double level = energy_.options().level;
    const ebm::PersistentAnnealingOptions steps;
    return ebm::UnderdampedLangevin(
        {.step_size = steps.step_size * level, .friction = steps.friction / level});
  }

  static void require_finite(const std::vector<double>& values, const char* what,
                             const std::string& name) {
    const auto wrong = std::ranges::find_if(values, [](double v) { return !std::isfinite(v); });
    if (wrong == values.end()) return;
    throw ebm::Error(ebm::sentence("the model gives image ", wrong - values.begin(), " of ", name,
                                   " the ", what, ' ', *wrong, ", expected a finite number"));
  }

  E energy_;
  ebm::MahalanobisScore score_;
};

}  // namespace

std::map<std::string, std::string> level_metadata(const std::string& recipe,
                                                  const ebm::NoiseConditionalOptions& options,
                                                  const ebm::MahalanobisScore& score) {
  const auto text = [](double number) { return numbers_as_text(std::span(&number, 1)); };
  const auto fit = score.state();
  constexpr std::size_t features = score_levels.size();
  return {{"recipe", recipe},
          {"mean", text(options.mean)},
          {"deviation", text(options.deviation)},
          {"gain", text(options.gain)},
          {"level", text(options.level)},
          {"score_mean", numbers_as_text(fit.get<double>("mean", features))},
          {"score_whitening", numbers_as_text(fit.get<double>("whitening", features * features))}};
}

std::variant<MatchingEnergy, JointEnergy> load_level_energy(const std::filesystem::path& path) {
  const ebm::io::SafeTensors content = ebm::io::read_safetensors(path);
  const auto load = [&]<class E>(std::type_identity<E>) {
    E energy = energy_of<E>(content);
    ebm::io::load_model(content, energy);
    return energy;
  };
  const std::string recipe = recipe_in(content);
  if (recipe == recipe_of<MatchingEnergy>) return load(std::type_identity<MatchingEnergy>());
  if (recipe == recipe_of<JointEnergy>) return load(std::type_identity<JointEnergy>());
  throw ebm::Error(ebm::sentence(ebm::io::quoted(path),
                                 " is no model of the recipes matching and joint, whose training "
                                 "goes on"));
}

std::unique_ptr<const Model> load_level_model(const ebm::io::SafeTensors& content) {
  const auto load = [&]<class E>(std::type_identity<E>) -> std::unique_ptr<const Model> {
    return std::make_unique<const LevelModel<E>>(content);
  };
  const std::string recipe = recipe_in(content);
  if (recipe == recipe_of<MatchingEnergy>) return load(std::type_identity<MatchingEnergy>());
  if (recipe == recipe_of<JointEnergy>) return load(std::type_identity<JointEnergy>());
  return nullptr;
}

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
