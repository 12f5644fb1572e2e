// SPDX-License-Identifier: MIT
#include <algorithm>
#include <ebm/io/image_grid.hpp>
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "analysis.hpp"
#include "captions.hpp"
#include "cli.hpp"
#include "commands.hpp"
#include "engine.hpp"
#include "images.hpp"
#include "pictures.hpp"

namespace ebm_mnist {

namespace {

namespace fs = std::filesystem;
using Images = ebm::Samples<float>;

struct AnalyzeOptions {
  fs::path model;
  fs::path data = EBM_MNIST_DATA_DIR;
  std::vector<fs::path> ood;
  fs::path out;
  int images = 0;
  int held_out = -1;
  int samples = 0;
  fs::path judge = EBM_MNIST_JUDGE;
  ChainOptions chains{.steps = 256, .langevin = {}};
  bool json = false, quiet = false;
  std::uint32_t seed = 0;
  int threads = 0;
};

/// Images of the test set, each with what the tutorial makes of it.
struct Examples {
  static constexpr std::array names{"original", "noisy", "flipped", "shrunk"};
  static constexpr int columns = static_cast<int>(names.size());

  Examples(const Images& test, const Engine& engine, const Model& model, std::uint32_t seed,
           int threads) {
    const Images originals = test.topRows(std::min<Eigen::Index>(4, test.rows()));
    images.resize(originals.rows() * columns, pixels);
    const auto corrupted = [&](const char* name) {
      return find_corruption(engine, name).apply(originals, seed);
    };
    const std::array variants{originals, corrupted("gaussian"), corrupted("flipped"),
                              corrupted("shrunk")};
    for (Eigen::Index i = 0; i < images.rows(); ++i) {
      images.row(i) = variants[static_cast<std::size_t>(i % columns)].row(i / columns);
    }
    f = model.scores(images, "the examples", threads);
  }

  Images images;  ///< a row of the picture after the other
  std::vector<double> f;
};

nlohmann::ordered_json json_of(const std::vector<Judgement>& judgements) {
  nlohmann::ordered_json json;
  for (const auto& [group, quality] : judgements) {
    json[group] = {{"distance", quality.distance},
                   {"confident", quality.confident},
                   {"balance", quality.balance},
                   {"precision", quality.precision},
                   {"recall", quality.recall}};
  }
  return json;
}

std::string print(const Analysis& analysis, const std::vector<Judgement>& judgements) {
  nlohmann::ordered_json json;
  for (const auto& [name, f] : analysis.scores) json["scores"][name] = mean(f);
  const auto json_of_area = [](const ebm::Auroc& area) -> nlohmann::ordered_json {
    return {{"value", area.value}, {"low", area.low}, {"high", area.high}};
  };
  for (const Comparison& comparison : analysis.comparisons) {
    json["auroc"][comparison.group] = json_of_area(comparison.auroc);
    if (const auto& area = comparison.by_digit) {
      json["auroc_by_digit"][comparison.group] = json_of_area(*area);
    }
  }
  if (const auto& reading = analysis.reading) {
    json["digits"] = {{"accuracy", reading->accuracy},
                      {"calibration_error", reading->calibration_error}};
  }
  if (!judgements.empty()) json["samples"] = json_of(judgements);
  // File names need not be UTF-8; JSON is.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

std::string print(const Analysis& analysis, const Examples& examples) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(3);
  for (const auto& [name, f] : analysis.scores) {
    text << "mean score of " << std::setw(5) << f.size() << ' ' << std::setw(6) << std::left << name
         << std::right << " images" << std::setw(10) << mean(f) << '\n';
  }
  text << "\nscore of image";
  for (const char* name : Examples::names) text << std::setw(10) << name;
  for (std::size_t i = 0; i < examples.f.size(); ++i) {
    if (i % examples.names.size() == 0) text << '\n' << std::setw(14) << i / examples.names.size();
    text << std::setw(10) << examples.f[i];
  }
  std::size_t width = 0;
  for (const Comparison& comparison : analysis.comparisons) {
    width = std::max(width, comparison.group.size());
  }
  text << "\n\nAUROC of test images against each group, and its 95 % interval"
       << (analysis.reading ? ", by the score and by how sure the model is of a digit\n" : "\n");
  const auto add_area = [&](const ebm::Auroc& area) {
    text << "  " << area.value << "  [" << area.low << ", " << area.high << ']';
  };
  for (const Comparison& comparison : analysis.comparisons) {
    text << std::setw(static_cast<int>(width)) << std::left << comparison.group << std::right;
    add_area(comparison.auroc);
    if (comparison.by_digit) add_area(*comparison.by_digit);
    text << '\n';
  }
  if (const auto& reading = analysis.reading) {
    text << "\nDigits of test images: " << 100 * reading->accuracy
         << " % read right, calibration error " << reading->calibration_error << '\n';
  }
  return text.str();
}

std::string print(const std::vector<Judgement>& judgements, const AnalyzeOptions& o) {
  std::ostringstream text;
  text << "\nWhat the judge says of " << o.samples << " samples after "
       << o.chains.steps + o.chains.stay
       << " steps, of as many test and training images, each compared with\nthe other training "
          "images\n"
       << std::fixed << std::setprecision(3) << "      ";
  for (const char* name : {"distance", "confident", "balance", "precision", "recall"}) {
    text << std::setw(11) << name;
  }
  for (const auto& [group, quality] : judgements) {
    text << '\n' << std::setw(6) << std::left << group << std::right;
    for (const double value : {quality.distance, quality.confident, quality.balance,
                               quality.precision, quality.recall}) {
      text << std::setw(11) << value;
    }
  }
  text << '\n';
  return text.str();
}

/// Draws samples and compares them, if there is a judge.
std::vector<Judgement> judgements_of(const AnalyzeOptions& o, const Judge* judge,
                                     const Model& model, const ImageSets& sets) {
  if (judge == nullptr) return {};
  const Images samples = by_model(
      o.model, [&] { return model.run_chains(o.samples, o.chains, 0, o.seed, o.threads).final; });
  return judge_samples(*judge, samples, sets, o.seed, o.threads);
}

/// `name`, or "name-2" and so on where that is taken.
std::string unique_name(const std::string& name, std::set<std::string>& taken) {
  std::string unique = name;
  for (int number = 2; !taken.insert(unique).second; ++number) {
    unique = name + '-' + std::to_string(number);
  }
  return unique;
}

void run(const CLI::App& command, AnalyzeOptions o, const Engine& engine) {
  ebm::require(o.out.empty() || has_extension(o.out, ".png"),
               "--out: expected a name that ends in .png, got ", ebm::io::quoted(o.out));
  if (!o.out.empty()) ebm::io::require_writable(o.out);
  const auto model = engine.load(o.model);
  require_options_fit(command, *model);
  choose_steps(command, *model, o.chains);
  const auto judge = o.samples > 0 ? engine.load_judge(o.judge) : nullptr;
  std::vector<NamedImages> own;  // all of them read before the work
  std::set<std::string> taken;
  for (const Corruption& corruption : engine.corruptions()) taken.insert(corruption.name);
  for (const fs::path& path : o.ood) {
    const fs::path name = path.has_filename() ? path : path.parent_path();  // "folder/"
    own.emplace_back(unique_name(name.stem().string(), taken), read_images_or_folder(path));
  }
  const ImageSets sets = read_image_sets(o.data, o.images, o.held_out);
  if (o.held_out >= 0) {
    if (sets.held_out.rows() == 0) {
      throw ebm::Error(ebm::sentence("--held-out: ", ebm::io::quoted(o.data),
                                     " has no test images of the digit ", o.held_out));
    }
    own.emplace_back(unique_name("digit_" + std::to_string(o.held_out), taken), sets.held_out);
  }
  if (o.samples > 0) require_comparable(o.samples, sets);
  const Analysis analysis = analyze(engine, *model, sets, own, o.seed, o.threads);
  const std::vector<Judgement> judgements = judgements_of(o, judge.get(), *model, sets);

  const Examples examples(sets.test, engine, *model, o.seed, o.threads);
  if (!o.out.empty()) {
    auto picture =
        ebm::io::image_grid(examples.images, {}, {.columns = Examples::columns, .scale = 4});
    add_captions(picture, {examples.names.begin(), examples.names.end()});
    ebm::io::write_png(o.out, picture);
  }
  if (o.json) {
    std::cout << print(analysis, judgements);
  } else if (!o.quiet) {
    std::cout << print(analysis, examples);
    if (!judgements.empty()) std::cout << print(judgements, o);
  }
}

}  // namespace

void add_analyze(CLI::App& app, const std::string& cpu) {
  const auto o = std::make_shared<AnalyzeOptions>();
  CLI::App& c = *app.add_subcommand("analyze",
                                    "Tell what a model finds unusual, e.g.\n  ebm-mnist analyze "
                                    "--model runs/mnist/model.safetensors --out examples.png");
  c.footer(
      std::string(
          "Prints mean scores f, as the command score gives them, of random, training and test "
          "images, f of test "
          "images that are made noisy, flipped (a half turn) and shrunk, and the "
          "area under the ROC curve of test images against ten corruptions of them "
          "and your own images. --out gets the picture of the examples: a row an "
          "image, in the order of the table. --samples draws samples by chains. A judge, "
          "which is a classifier of digits, compares them, as many test images and as "
          "many training "
          "images with the other training images: the Fréchet distance of features (that "
          "of training images is about the least that so few can reach), the share with a "
          "class of probability 0.9 or more, the entropy of classes (1: all equally "
          "often), precision and recall. ") +
      image_files);
  add_model(c, o->model);
  add_data(c, o->data);
  c.add_option("--images", o->images, "Images of each set at most; 0: all")
      ->transform(whole(0, million))
      ->capture_default_str();
  add_held_out(c, o->held_out,
               "A digit whose test images are a group that should be unusual, and no part of the "
               "sets: for a model that was trained without them; -1: none");
  c.add_option("--samples", o->samples,
               "Samples of the model to draw and to compare with images, by the features and "
               "classes that a judge of digits sees; 0: none")
      ->transform(whole(0, 10'000))
      ->capture_default_str();
  c.add_option("--judge", o->judge,
               "File of the judge (safetensors), which the example digit_classifier trains")
      ->type_name("FILE")
      ->capture_default_str();
  c.add_option("--ood", o->ood,
               "Your own images that should be unusual: files, or folders of PNG files")
      ->type_name("PATH");
  c.add_option("--out", o->out, "Picture of the examples to write (.png)")->type_name("FILE");
  c.add_flag(
      "--json", o->json,
      R"(Print {"scores": {"random": …}, "auroc": {"noise": {"value": …, "low": …, "high": …}, …}}, )"
      R"(with --samples also "samples": {"model": {"distance": …, "confident": …, …}, …})");
  c.add_flag("--quiet", o->quiet, "Print nothing but what --json asks for");
  add_chains(c, o->chains);
  add_levels(c, o->chains);
  add_seed(c, o->seed);
  add_threads(c, o->threads);
  c.callback([o, &c, &cpu] { run(c, *o, engine_for(cpu)); });
}

}  // namespace ebm_mnist
