// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <ebm/core/error.hpp>
#include <ebm/core/samples.hpp>
#include <ebm/io/quoted.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "judge.hpp"
#include "training.hpp"

/// All of this program that computes: it is compiled for each instruction set (the sources `engine`
/// of CMakeLists.txt), and the rest of the program knows it by these interfaces alone.
namespace ebm_mnist {

inline constexpr int pixels = 28 * 28;

/// Chains from noise: their final states, [chain][pixel], and, if `every` > 0, the start and each
/// `every`-th step.
///
/// trace: [snapshot, chain][pixel]; all in one place, as files hold it: it may be large
struct Chains {
  ebm::Samples<float> final;
  ebm::Samples<float> trace;

  Chains(Eigen::Index count, int snapshots)
      : final(count, pixels), trace(snapshots * count, pixels) {}

  /// The chains of a snapshot.
  [[nodiscard]] auto snapshot(Eigen::Index index) {
    return trace.middleRows(index * final.rows(), final.rows());
  }
  /// All of them.
  [[nodiscard]] std::vector<ebm::ConstSamplesRef<float>> snapshots() const {
    std::vector<ebm::ConstSamplesRef<float>> all;
    for (Eigen::Index row = 0; row < trace.rows(); row += final.rows()) {
      all.emplace_back(trace.middleRows(row, final.rows()));
    }
    return all;
  }
};

/// How far noisy images are believed.
struct Denoising {
  double noise_level = 0.3;   ///< deviation of the noise on them, s > 0
  double temperature = 1e-4;  ///< T >= 0: the model's images are distributed as exp(-E / T)
};

/// A trained model of one of the recipes that the command train knows.
///
/// threads: how many; 0: one for each processor. The results do not depend on them.
class Model {
 public:
  virtual ~Model() = default;

  /// Whether it is an energy over noise levels, which chains go down, of the recipes matching and
  /// joint.
  [[nodiscard]] virtual bool has_levels() const = 0;

  /// Digits that it tells apart, from 0 on; 0: none.
  [[nodiscard]] virtual int digits() const { return 0; }

  /// p(digit | image) of a model with digits: [image][digit]
  ///
  /// images: [image][pixel]
  [[nodiscard]] virtual ebm::Samples<float> digit_probabilities(
      const ebm::ConstSamplesRef<float>& images, int) const {
    return ebm::Samples<float>(images.rows(), 0);
  }

  /// How usual each image is: f = -E, or, with noise levels, minus the Mahalanobis distance of its
  /// energies at several of them. Throws `ebm::Error`, naming the images, where it is not finite.
  ///
  /// images: [image][pixel]
  [[nodiscard]] virtual std::vector<double> scores(const ebm::ConstSamplesRef<float>& images,
                                                   const std::string& name, int threads) const = 0;

  /// E of each image, at the level of the data where there are levels; throws likewise.
  [[nodiscard]] virtual std::vector<double> energies(const ebm::ConstSamplesRef<float>& images,
                                                     const std::string& name,
                                                     int threads) const = 0;

  /// Chains of `options.steps` steps from noise, and with noise levels of `options.stay` more at
  /// the level of the data; with digits of `options.digit` alone.
  [[nodiscard]] virtual Chains run_chains(int count, const ChainOptions& options, int every,
                                          std::uint32_t seed, int threads) const = 0;

  /// Moves chains down E(x) + T |x - y|^2 / (2 s^2) from each noisy image y; returns their means.
  /// With noise levels it is one step, the mean of images given y: neither chains nor options.
  ///
  /// noisy, result: [image][pixel]; chains: of an image, >= 1
  [[nodiscard]] virtual ebm::Samples<float> denoise(const ebm::Samples<float>& noisy,
                                                    const Denoising& denoising, int chains,
                                                    const ChainOptions& options, std::uint32_t seed,
                                                    int threads) const = 0;

  /// Moves the unknown pixels of images by chains that start as noise there, and an eighth as many
  /// steps without noise; returns for each image the chain of the lowest energy.
  ///
  /// images, result: [image][pixel]; unknown: [pixel]; chains: of an image, >= 1
  [[nodiscard]] virtual ebm::Samples<float> inpaint(const ebm::Samples<float>& images,
                                                    const std::vector<bool>& unknown, int chains,
                                                    const ChainOptions& options, std::uint32_t seed,
                                                    int threads) const = 0;

  /// Writes a graph of ONNX from "x", [image][1][row][column], to "score", what `scores` computes,
  /// and where there are digits to "digit_probabilities".
  virtual void write_scores(const std::filesystem::path& path,
                            const std::map<std::string, std::string>& metadata) const = 0;

  /// Writes one to "score", f = -E, and "score_gradient", df/dx; with noise levels they depend on a
  /// second input, "level", [image][1].
  virtual void write_gradient(const std::filesystem::path& path,
                              const std::map<std::string, std::string>& metadata) const = 0;
};

/// What makes images unusual.
struct Corruption {
  const char* name;
  const char* description;
  ebm::Samples<float> (*apply)(const ebm::Samples<float>& images, std::uint32_t seed);
};

/// What there is to compute, for one instruction set.
class Engine {
 public:
  /// Reads a model file; throws `ebm::Error` if there is none or it fits neither network.
  [[nodiscard]] virtual std::unique_ptr<const Model> load(
      const std::filesystem::path& path) const = 0;

  /// Reads the file of a judge, as the example digit_classifier writes it; throws `ebm::Error` if
  /// there is none or it fits another network.
  [[nodiscard]] virtual std::unique_ptr<const Judge> load_judge(
      const std::filesystem::path& path) const = 0;

  /// Trains the network that the options name, on the CPU.
  [[nodiscard]] virtual TrainingResult train(const TrainOptions& options,
                                             const TrainingData& data) const = 0;

  /// Uniform noise in [-1, 1); row i depends on the seed and i alone.
  [[nodiscard]] virtual ebm::Samples<float> noise_images(int count, std::uint32_t seed) const = 0;

  /// The images with noise in their unknown pixels; unknown: [pixel]
  [[nodiscard]] virtual ebm::Samples<float> with_noise(const ebm::Samples<float>& images,
                                                       const std::vector<bool>& unknown,
                                                       std::uint32_t seed) const = 0;

  /// The images with normal noise on every pixel.
  [[nodiscard]] virtual ebm::Samples<float> noisy(const ebm::Samples<float>& images,
                                                  std::uint32_t seed, double deviation) const = 0;

  /// The ten that `analyze` compares with.
  [[nodiscard]] virtual std::span<const Corruption> corruptions() const = 0;

 protected:
  ~Engine() = default;
};

/// What `f` makes of a model's chains; its `ebm::Error`, where they do not stay finite, is thrown
/// with the model's name.
template <class F>
auto by_model(const std::filesystem::path& model, const F& f) {
  try {
    return f();
  } catch (const ebm::Error& error) {
    throw ebm::Error(ebm::sentence("the model ", ebm::io::quoted(model), ": ", error.what()));
  }
}

/// The engine for the instruction set of that name, or for the newest that the processor has where
/// the name is empty; throws `ebm::InvalidArgument` if this program or processor has none such.
const Engine& engine_for(const std::string& instruction_set);

}  // namespace ebm_mnist
