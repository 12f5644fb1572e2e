// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/io/idx.hpp>
#include <ebm/io/png.hpp>
#include <ebm/io/safetensors.hpp>
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>
#include <sstream>

#include "cli.hpp"
#include "commands.hpp"
#include "model.hpp"

namespace ebm_mnist {

namespace {

namespace fs = std::filesystem;

struct ScoreOptions {
  std::filesystem::path model;
  std::vector<std::filesystem::path> images;
  bool json = false;
  int threads = 0;
};

ebm::Samples<float> from_bytes(const ebm::io::GrayImages& images, const fs::path& path) {
  if (images.rows != 28 || images.columns != 28) {
    throw ebm::Error(ebm::sentence("score: ", ebm::io::quoted(path), " holds images of ",
                                   images.rows, "x", images.columns, " pixels, expected 28x28"));
  }
  return ebm::io::to_samples(images);
}

ebm::Samples<float> from_tensor(const fs::path& path) {
  const auto content = ebm::io::read_safetensors(path);
  // `samples` is what the command sample writes.
  const bool is_ours = content.contains("samples") && !content.contains("images");
  const char* name = is_ours ? "samples" : "images";
  const auto values = content.get<float>(name, {-1, 1, 28, 28});
  const auto bad = std::ranges::find_if_not(values, [](float v) { return v >= -1 && v <= 1; });
  if (bad != values.end()) {
    throw ebm::Error(ebm::sentence("score: tensor '", name, "' of ", ebm::io::quoted(path),
                                   " holds the value ", *bad, " in image ",
                                   (bad - values.begin()) / pixels, ", expected [-1, 1]"));
  }
  return Eigen::Map<const ebm::Samples<float>>(
      values.data(), static_cast<Eigen::Index>(values.size()) / pixels, pixels);
}

ebm::Samples<float> read_images(const fs::path& path) {
  if (has_extension(path, ".safetensors")) return from_tensor(path);
  if (has_extension(path, ".png")) return from_bytes(ebm::io::read_png_gray(path), path);
  return from_bytes(ebm::io::read_idx_images(path), path);
}

struct Summary {
  std::size_t count;
  double mean = 0;
  double deviation = 0;  ///< of the population

  explicit Summary(std::span<const double> values) : count(values.size()) {
    const double n = static_cast<double>(count);
    mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    deviation = std::sqrt(squares / n);
  }
};

std::ostream& operator<<(std::ostream& stream, const Summary& s) {
  return stream << "count " << s.count << ", mean " << s.mean << ", deviation " << s.deviation;
}

/// f of each image; throws `Error` where a model's weights are so large that f is no number.
std::vector<double> finite_scores(const Model& model, const ebm::Samples<float>& images,
                                  const fs::path& path, ebm::Threads& threads) {
  std::vector<double> f = scores(model, images, threads);
  const auto bad = std::ranges::find_if_not(f, [](double value) { return std::isfinite(value); });
  if (bad != f.end()) {
    throw ebm::Error(ebm::sentence("score: the model gives image ", bad - f.begin(), " of ",
                                   ebm::io::quoted(path), " the score ", *bad,
                                   ", expected a finite number"));
  }
  return f;
}

void run(const ScoreOptions& o) {
  const Model model = load(o.model);
  ebm::Threads threads(o.threads);
  std::vector<ebm::Samples<float>> inputs;  // all of them read before the first score is taken
  for (const fs::path& path : o.images) {
    inputs.push_back(read_images(path));
    if (inputs.back().rows() == 0) {
      throw ebm::Error(ebm::sentence("score: ", ebm::io::quoted(path), " holds no image"));
    }
  }
  std::vector<double> all;
  std::ostringstream text;  // printed as a whole or not at all
  text << std::setprecision(6) << std::fixed;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string name = o.images[i].string();
    const std::vector<double> f = finite_scores(model, inputs[i], o.images[i], threads);
    all.insert(all.end(), f.begin(), f.end());
    for (std::size_t k = 0; k < f.size(); ++k) text << name << ' ' << k << ' ' << f[k] << '\n';
    if (inputs.size() > 1) text << name << ": " << Summary(f) << '\n';
  }
  const Summary summary(all);
  if (o.json) {
    const nlohmann::ordered_json json{{"count", summary.count},
                                      {"mean", summary.mean},
                                      {"std", summary.deviation},
                                      {"scores", all}};
    std::cout << json.dump() << '\n';
  } else {
    text << summary << '\n';
    std::cout << text.str();
  }
}

}  // namespace

void add_score(CLI::App& app) {
  const auto o = std::make_shared<ScoreOptions>();
  CLI::App& c = *app.add_subcommand("score",
                                    "Tell how likely a model finds images, e.g.\n  ebm-mnist score "
                                    "--model runs/mnist/model.safetensors --images test.png");
  c.footer(
      "Prints f = -E of each image (file, index, f), then count, mean and standard deviation (of "
      "the population)\nover all files. Images are 28x28: IDX (gzipped or not), PNG (converted to "
      "grey) or a safetensors file with\nthe tensor images (or samples, as the command sample "
      "writes them), [N,1,28,28] float32 in "
      "[-1, 1].");
  c.add_option("--model", o->model, "Model file (safetensors)")->type_name("FILE")->required();
  c.add_option("--images", o->images, "One or more image files")->type_name("FILE")->required();
  c.add_flag("--json", o->json, R"(Print {"count":…,"mean":…,"std":…,"scores":[…]} instead)");
  add_threads(c, o->threads);
  c.callback([o] { run(*o); });
}

}  // namespace ebm_mnist
