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
#include "cli.hpp"
#include "commands.hpp"
#include "engine.hpp"
#include "images.hpp"

namespace ebm_mnist {

namespace {

namespace fs = std::filesystem;
using Images = ebm::Samples<float>;

struct AnalyzeOptions {
  fs::path model = default_model();
  fs::path data = EBM_MNIST_DATA_DIR;
  std::vector<fs::path> ood;
  fs::path out;
  int images = 0;
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

std::string print(const Analysis& analysis) {
  nlohmann::ordered_json json;
  for (const auto& [name, f] : analysis.scores) json["scores"][name] = mean(f);
  for (const auto& [group, description, area] : analysis.comparisons) {
    json["auroc"][group] = {{"value", area.value}, {"low", area.low}, {"high", area.high}};
  }
  // File names need not be UTF-8; JSON is.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

std::string print(const Analysis& analysis, const Examples& examples) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(3);
  for (const auto& [name, f] : analysis.scores) {
    text << "mean f of " << std::setw(5) << f.size() << ' ' << std::setw(6) << std::left << name
         << std::right << " images" << std::setw(10) << mean(f) << '\n';
  }
  text << "\nf of test image";
  for (const char* name : Examples::names) text << std::setw(10) << name;
  for (std::size_t i = 0; i < examples.f.size(); ++i) {
    if (i % examples.names.size() == 0) text << '\n' << std::setw(15) << i / examples.names.size();
    text << std::setw(10) << examples.f[i];
  }
  std::size_t width = 0;
  for (const Comparison& comparison : analysis.comparisons) {
    width = std::max(width, comparison.group.size());
  }
  text << "\n\nAUROC of test images against each group, and its 95 % interval\n";
  for (const auto& [group, description, area] : analysis.comparisons) {
    text << std::setw(static_cast<int>(width)) << std::left << group << std::right << "  "
         << area.value << "  [" << area.low << ", " << area.high << "]\n";
  }
  return text.str();
}

/// `name`, or "name-2" and so on where that is taken.
std::string unique_name(const std::string& name, std::set<std::string>& taken) {
  std::string unique = name;
  for (int number = 2; !taken.insert(unique).second; ++number) {
    unique = name + '-' + std::to_string(number);
  }
  return unique;
}

void run(const AnalyzeOptions& o, const Engine& engine) {
  ebm::require(o.out.empty() || has_extension(o.out, ".png"),
               "--out: expected a name that ends in .png, got ", ebm::io::quoted(o.out));
  if (!o.out.empty()) ebm::io::require_writable(o.out);
  const auto model = engine.load(o.model);
  std::vector<NamedImages> own;  // all of them read before the work
  std::set<std::string> taken;
  for (const Corruption& corruption : engine.corruptions()) taken.insert(corruption.name);
  for (const fs::path& path : o.ood) {
    const fs::path name = path.has_filename() ? path : path.parent_path();  // "folder/"
    own.emplace_back(unique_name(name.stem().string(), taken), read_images_or_folder(path));
  }
  const ImageSets sets = read_image_sets(o.data, o.images);
  const Analysis analysis = analyze(engine, *model, sets, own, o.seed, o.threads);

  const Examples examples(sets.test, engine, *model, o.seed, o.threads);
  if (!o.out.empty()) {
    ebm::io::write_image_grid(o.out, examples.images, {},
                              {.columns = Examples::columns, .scale = 4});
  }
  if (o.json) {
    std::cout << print(analysis);
  } else if (!o.quiet) {
    std::cout << print(analysis, examples);
  }
}

}  // namespace

void add_analyze(CLI::App& app, const std::string& cpu) {
  const auto o = std::make_shared<AnalyzeOptions>();
  CLI::App& c = *app.add_subcommand("analyze",
                                    "Tell what a model finds unusual, e.g.\n  ebm-mnist analyze "
                                    "--model runs/mnist/model.safetensors --out examples.png");
  c.footer(std::string("Prints mean scores f = -E of random, training and test images, f of test "
                       "images that are made noisy, flipped\n(a half turn) and shrunk, and the "
                       "area under the ROC curve of test images against ten corruptions of\nthem "
                       "and your own images. --out gets the picture of the examples: a row an "
                       "image, in the order of the table.\n") +
           image_files);
  add_model(c, o->model);
  add_data(c, o->data);
  c.add_option("--images", o->images, "Images of each set at most; 0: all")
      ->transform(whole(0, million))
      ->capture_default_str();
  c.add_option("--ood", o->ood,
               "Your own images that should be unusual: files, or folders of PNG files")
      ->type_name("PATH");
  c.add_option("--out", o->out, "Picture of the examples to write (.png)")->type_name("FILE");
  c.add_flag("--json", o->json,
             R"(Print {"scores":{"random":…},"auroc":{"noise":{"value":…,"low":…,"high":…},…}})");
  c.add_flag("--quiet", o->quiet, "Print nothing but what --json asks for");
  add_seed(c, o->seed);
  add_threads(c, o->threads);
  c.callback([o, &cpu] { run(*o, engine_for(cpu)); });
}

}  // namespace ebm_mnist
