// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <memory>

#include "commands.hpp"
#include "engine.hpp"
#include "images.hpp"
#include "restoration.hpp"

namespace ebm_mnist {

namespace {

struct InpaintOptions : RestorationOptions {
  std::filesystem::path mask = EBM_MNIST_MASK;
};

/// Which pixels are unknown: the light ones of the mask.
std::vector<bool> read_mask(const std::filesystem::path& path) {
  const ebm::Samples<float> mask = read_images(path);
  if (mask.rows() != 1) {
    throw ebm::Error(ebm::sentence("--mask: expected one image, got ", mask.rows()));
  }
  std::vector<bool> unknown;
  for (const float pixel : mask.row(0)) unknown.push_back(pixel > 0);
  return unknown;
}

void run(const CLI::App& command, const InpaintOptions& o, const Engine& engine) {
  const auto model = engine.load(o.model);
  require_options_fit(command, *model);
  Restoration r = read_images(o);
  const std::vector<bool> unknown = read_mask(o.mask);
  r.corrupted = engine.with_noise(o.already_corrupted ? r.corrupted : r.original, unknown, o.seed);
  r.restored = by_model(o.model, [&] {
    return model->inpaint(r.corrupted, unknown, o.chains, o.walk, o.seed, o.threads);
  });
  report(o, r);
}

}  // namespace

void add_inpaint(CLI::App& app, const std::string& cpu) {
  const auto o = std::make_shared<InpaintOptions>();
  // Larger steps and more noise than in training: what fills a hole in the middle of a digit must
  // leave shallow minima, where chains from noise would stay.
  o->walk = {.steps = 512, .langevin = {.step_size = 30, .noise = 0.05, .gradient_clip = 0.01}};
  CLI::App& c = *app.add_subcommand("inpaint",
                                    "Fill in what images lack, e.g.\n  ebm-mnist inpaint --images "
                                    "digits.png --out filled.png");
  c.footer(
      std::string(
          "Pixels that are white in the mask are unknown: they start as noise and move by "
          "Langevin dynamics, then by an eighth as many steps without noise, while the others "
          "stay. Of several chains the one of the lowest energy is kept. A .png file gets the "
          "original images, the masked and the filled, a row each; a .safetensors file the "
          "tensor images. A model with noise levels goes down --steps of them instead, on which "
          "known pixels have the noise of the level. PSNR is against the original, where it is "
          "known. ") +
      image_files);
  c.add_option(
       "--mask", o->mask,
       "28x28 image: white where pixels are unknown; left out: a hole of 10x10 in the middle")
      ->type_name("FILE");
  c.add_option("--chains", o->chains, "Chains of an image, of which the best is kept")
      ->transform(whole(1, million))
      ->capture_default_str();
  add_restoration(c, *o);
  c.callback([o, &c, &cpu] { run(c, *o, engine_for(cpu)); });
}

}  // namespace ebm_mnist
