// SPDX-License-Identifier: MIT
#include <ebm/io/apng.hpp>
#include <ebm/io/image_grid.hpp>
#include <iostream>
#include <memory>

#include "captions.hpp"
#include "cli.hpp"
#include "commands.hpp"
#include "engine.hpp"
#include "memory.hpp"
#include "pictures.hpp"

namespace ebm_mnist {

namespace {

namespace fs = std::filesystem;

struct GenerateOptions {
  fs::path model;
  fs::path out;
  int count = 8;
  int every = 0;
  bool animate = false, quiet = false;
  ChainOptions chains{.steps = 256, .langevin = {}};
  std::uint32_t seed = 0;
  int threads = 0;

  /// Steps from one snapshot to the next, where the user has not said.
  [[nodiscard]] int snapshot_every() const {
    return every > 0 ? every : std::clamp(chains.steps, 1, animate ? 4 : 32);
  }
};

constexpr int scale = 2;
constexpr int still_frames = 20;  // the digits stay for a while before they begin again

Chains chains_of(const GenerateOptions& o, const Model& model) {
  return by_model(o.model, [&] {
    return model.run_chains(o.count, o.chains, o.snapshot_every(), o.seed, o.threads);
  });
}

/// The tutorial's figure: a chain a row; step 1, then every k-th.
void write_figure(const GenerateOptions& o, const Model& model) {
  ChainOptions first_step = o.chains;
  first_step.steps = 1;
  // What chains do depends on seed and id: those of one step are the beginning of the long ones.
  Chains chains = chains_of(o, model);
  chains.snapshot(0) = model.run_chains(o.count, first_step, 0, o.seed, o.threads).final;
  const auto columns = chains.snapshots();
  auto picture = ebm::io::image_grid(chain_by_chain(columns), {},
                                     {.columns = static_cast<int>(columns.size()), .scale = scale});
  std::vector<std::string> captions{"step 1"};
  while (captions.size() < columns.size()) {
    captions.push_back(std::to_string(o.snapshot_every() * static_cast<int>(captions.size())));
  }
  add_captions(picture, captions);
  ebm::io::write_png(o.out, picture);
}

/// The chains beside each other; a frame is their start or every k-th step.
void write_animation(const GenerateOptions& o, const Model& model) {
  const Chains chains = chains_of(o, model);
  std::vector<ebm::io::Picture> frames;
  for (const auto& snapshot : chains.snapshots()) {
    frames.push_back(ebm::io::image_grid(snapshot, {}, {.columns = 8, .scale = scale}));
  }
  frames.insert(frames.end(), still_frames, ebm::io::Picture(frames.back()));
  ebm::io::write_apng(o.out, frames, {.seconds_per_frame = 0.1});
}

void run(const CLI::App& command, GenerateOptions o, const Engine& engine) {
  o.animate = o.animate || has_extension(o.out, ".apng");
  ebm::require(has_extension(o.out, ".png") || has_extension(o.out, ".apng"),
               "--out: expected a name that ends in .png or .apng, got ", ebm::io::quoted(o.out));
  const int every = o.snapshot_every();
  ebm::require(every <= o.chains.steps, "--every: expected at most the number of steps, ",
               o.chains.steps, ", got ", every);
  const double snapshots = 1 + o.chains.steps / every;
  if (o.animate) {
    require_picture_fits(o.count / 8.0, 8);
    ebm::require(snapshots * o.count <= million, "--every: ", snapshots, " frames of ", o.count,
                 " images are more than ", million, " images");
  } else {
    require_picture_fits(o.count, snapshots);
  }
  const double images = snapshots * o.count;
  require_memory(o.animate ? memory_of_animation(images, images + still_frames * o.count)
                           : memory_of_picture(images),
                 ebm::sentence("--count: ", o.count, " chains and ", snapshots, " snapshots"));
  ebm::io::require_writable(o.out);
  const auto model = engine.load(o.model);
  require_options_fit(command, *model);
  if (o.animate) {
    write_animation(o, *model);
  } else {
    write_figure(o, *model);
  }
  if (o.quiet) return;
  std::cout << o.count << " chains of " << o.chains.steps << " steps, "
            << (o.animate ? "the start" : "step 1") << " and every " << every
            << " steps: " << o.out.string() << '\n';
}

}  // namespace

void add_generate(CLI::App& app, const std::string& cpu) {
  const auto o = std::make_shared<GenerateOptions>();
  CLI::App& c = *app.add_subcommand("generate",
                                    "Show how digits arise from noise, e.g.\n  ebm-mnist generate "
                                    "--model runs/mnist/model.safetensors --out chains.png");
  c.footer(
      "A .png file gets a row a chain: after step 1, then every K-th, said below. A .apng file (or "
      "--animate) "
      "gets the chains beside each other, moving: browsers play it.");
  add_model(c, o->model);
  c.add_option("--out", o->out, "Picture to write: .png or .apng")->type_name("FILE")->required();
  c.add_option("--count", o->count, "Number of chains")
      ->transform(whole(1, million))
      ->capture_default_str();
  c.add_option("--every", o->every,
               "Steps from a picture of a chain to the next; 0: 32, and 4 in an animation, or all "
               "steps where they are fewer")
      ->transform(whole(0, million))
      ->capture_default_str();
  c.add_flag("--animate", o->animate, "Write an animated PNG, whatever the file's name");
  c.add_flag("--quiet", o->quiet, "Print nothing");
  add_chains(c, o->chains);
  add_seed(c, o->seed);
  add_threads(c, o->threads);
  c.callback([o, &c, &cpu] { run(c, *o, engine_for(cpu)); });
}

}  // namespace ebm_mnist
