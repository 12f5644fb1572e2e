// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/eval/accuracy.hpp>
#include <ebm/io/digits.hpp>
#include <ebm/io/quoted.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>

#include "cli.hpp"
#include "commands.hpp"
#include "engine.hpp"
#include "images.hpp"

namespace ebm_mnist {

namespace {

namespace fs = std::filesystem;

struct ScoreOptions {
  std::filesystem::path model;
  std::vector<std::filesystem::path> images;
  bool json = false, quiet = false;
  int threads = 0;
};

std::string digits(double value) {
  return ebm::io::with_decimals(value, 6);
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

  [[nodiscard]] std::string text() const {
    return ebm::sentence("count ", count, ", mean ", digits(mean), ", deviation ",
                         digits(deviation), '\n');
  }
};

void run(const ScoreOptions& o, const Engine& engine) {
  const auto model = engine.load(o.model);
  std::vector<ebm::Samples<float>> inputs;  // all of them read before the first score is taken
  for (const fs::path& path : o.images) inputs.push_back(read_images(path));
  std::vector<double> all, all_energies;
  nlohmann::ordered_json digits_seen = nlohmann::ordered_json::array();
  std::string text;  // printed as a whole or not at all
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string name = o.images[i].string();
    const std::vector<double> f = model->scores(inputs[i], ebm::io::quoted(o.images[i]), o.threads);
    all.insert(all.end(), f.begin(), f.end());
    if (o.json) {
      const auto e = model->energies(inputs[i], ebm::io::quoted(o.images[i]), o.threads);
      all_energies.insert(all_energies.end(), e.begin(), e.end());
      if (model->digits() > 0) {
        const auto p = model->digit_probabilities(inputs[i], o.threads);
        Eigen::Index row = 0;
        for (const int digit : ebm::likeliest_classes(p)) {
          digits_seen.push_back({{"digit", digit}, {"probability", p(row++, digit)}});
        }
      }
    }
    for (std::size_t k = 0; k < f.size() && !o.quiet; ++k) {
      text += ebm::sentence(name, ' ', k, ' ', digits(f[k]), '\n');
    }
    if (inputs.size() > 1) text += name + ": " + Summary(f).text();
  }
  const Summary summary(all);
  if (o.json) {
    nlohmann::ordered_json json{{"count", summary.count},
                                {"mean", summary.mean},
                                {"std", summary.deviation},
                                {"scores", all},
                                {"energies", all_energies}};
    if (model->digits() > 0) json["digits"] = digits_seen;
    std::cout << json.dump() << '\n';
  } else {
    std::cout << text << summary.text();
  }
}

}  // namespace

void add_score(CLI::App& app, const std::string& cpu) {
  const auto o = std::make_shared<ScoreOptions>();
  CLI::App& c = *app.add_subcommand("score",
                                    "Tell how likely a model finds images, e.g.\n  ebm-mnist score "
                                    "--model runs/mnist/model.safetensors --images test.png");
  c.footer(std::string(
               "Prints how usual each image is (file, index, score), then count, mean and standard "
               "deviation (of the population) over all files. The score is f = -E; of a model "
               "with noise levels it is minus the Mahalanobis distance of the image's "
               "energies at four of them from those of training images. ") +
           image_files);
  add_model(c, o->model);
  c.add_option("--images", o->images, "One or more image files")->type_name("FILE")->required();
  c.add_flag(
      "--json", o->json,
      R"(Print {"count": …, "mean": …, "std": …, "scores": […], "energies": […]} instead; of )"
      R"(a model of the recipe joint also "digits": [{"digit": …, "probability": …}, …])");
  c.add_flag("--quiet", o->quiet, "Leave out the images' own lines");
  add_threads(c, o->threads);
  c.callback([o, &cpu] { run(*o, engine_for(cpu)); });
}

}  // namespace ebm_mnist
