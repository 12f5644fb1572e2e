// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/io/image_grid.hpp>
#include <ebm/io/safetensors.hpp>
#include <iostream>
#include <memory>

#include "cli.hpp"
#include "commands.hpp"
#include "engine.hpp"
#include "memory.hpp"
#include "pictures.hpp"

namespace ebm_mnist {

namespace {

namespace fs = std::filesystem;

struct SampleOptions {
  std::filesystem::path model;
  std::filesystem::path out;
  int count = 64;
  int trace = 0;
  bool quiet = false;
  ChainOptions chains{.steps = 256, .langevin = {}};
  std::uint32_t seed = 0;
  int threads = 0;

  [[nodiscard]] int all_steps() const { return chains.steps + chains.stay; }
};

void write_tensors(const fs::path& path, const Chains& chains) {
  const std::int64_t count = chains.final.rows();
  const auto bytes = [](const ebm::Samples<float>& samples) {
    return std::as_bytes(std::span(samples.data(), static_cast<std::size_t>(samples.size())));
  };
  constexpr auto type = ebm::io::DType::F32;
  std::vector<ebm::io::TensorView> tensors{
      {"samples", type, {count, 1, 28, 28}, bytes(chains.final)}};
  if (chains.trace.rows() > 0) {
    tensors.push_back(
        {"trace", type, {chains.trace.rows() / count, count, 1, 28, 28}, bytes(chains.trace)});
  }
  ebm::io::write_safetensors(path, tensors);
}

/// Images beside each other: the samples as a square, or a chain a row and a snapshot a column.
int picture_columns(const SampleOptions& o) {
  return o.trace > 0 ? o.all_steps() / o.trace + 1 : square_columns(o.count);
}

void write_picture(const SampleOptions& o, const Chains& chains) {
  ebm::io::write_image_grid(o.out, o.trace == 0 ? chains.final : chain_by_chain(chains.snapshots()),
                            {}, {.columns = picture_columns(o), .scale = 2});
}

void run(const CLI::App& command, SampleOptions o, const Engine& engine) {
  const bool is_picture = has_extension(o.out, ".png");
  ebm::require(is_picture || has_extension(o.out, ".safetensors"),
               "--out: expected a name that ends in .png or .safetensors, got ",
               ebm::io::quoted(o.out));
  std::error_code missing;  // a missing model has its own message
  ebm::require(!fs::equivalent(o.model, o.out, missing), "--out: ", ebm::io::quoted(o.out),
               " is the model itself");
  const auto model = engine.load(o.model);
  require_options_fit(command, *model);
  choose_steps(command, *model, o.chains);
  ebm::require(o.trace <= o.all_steps(), "--trace: expected at most the number of steps, ",
               o.all_steps(), ", got ", o.trace);
  if (is_picture) {
    const int columns = picture_columns(o);
    require_picture_fits(o.trace > 0 ? o.count : std::ceil(o.count / static_cast<double>(columns)),
                         columns);
  }
  const double snapshots = o.trace > 0 ? o.all_steps() / o.trace + 1 : 0;
  const double images = o.count * (1 + snapshots);
  require_memory(is_picture ? memory_of_picture(images) : images * pixels * sizeof(float),
                 ebm::sentence("--count: ", o.count, " samples",
                               o.trace > 0 ? ebm::sentence(" and ", snapshots, " snapshots") : ""));
  ebm::io::require_writable(o.out);
  const Chains chains = by_model(
      o.model, [&] { return model->run_chains(o.count, o.chains, o.trace, o.seed, o.threads); });
  if (is_picture) {
    write_picture(o, chains);
  } else {
    write_tensors(o.out, chains);
  }
  if (o.quiet) return;
  std::cout << o.count << " samples after " << o.all_steps() << " steps: " << o.out.string()
            << '\n';
}

}  // namespace

void add_sample(CLI::App& app, const std::string& cpu) {
  const auto o = std::make_shared<SampleOptions>();
  CLI::App& c = *app.add_subcommand("sample",
                                    "Let a model dream digits, e.g.\n  ebm-mnist sample --model "
                                    "runs/mnist/model.safetensors --out digits.png");
  c.footer(
      "Runs chains from noise by Langevin steps. With a model with noise levels half of the steps "
      "go "
      "down the levels, the others stay at that of the data; without --steps these are 128. A "
      ".safetensors file gets the tensor samples, [N,1,28,28] in [-1, 1], and with --trace the "
      "tensor trace, [snapshots,N,1,28,28].");
  add_model(c, o->model);
  c.add_option("--out", o->out, "File to write: .png or .safetensors")
      ->type_name("FILE")
      ->required();
  c.add_option("--count", o->count, "Number of chains")
      ->transform(whole(1, million))
      ->capture_default_str();
  c.add_option("--trace", o->trace,
               "Keep the start and every K-th step too; in a PNG a chain is a "
               "row; 0: the end only")
      ->transform(whole(0, million))
      ->capture_default_str();
  c.add_flag("--quiet", o->quiet, "Print nothing");
  add_chains(c, o->chains);
  add_levels(c, o->chains);
  add_seed(c, o->seed);
  add_threads(c, o->threads);
  c.callback([o, &c, &cpu] { run(c, *o, engine_for(cpu)); });
}

}  // namespace ebm_mnist
