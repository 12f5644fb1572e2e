// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <memory>

#include "commands.hpp"
#include "engine.hpp"
#include "images.hpp"
#include "restoration.hpp"

namespace ebm_mnist {

namespace {

struct DenoiseOptions : RestorationOptions {
  Denoising denoising;
};

void run(const CLI::App& command, const DenoiseOptions& o, const Engine& engine) {
  const auto model = engine.load(o.model);
  require_options_fit(command, *model);
  Restoration r = read_images(o);
  if (!o.already_corrupted) {
    r.corrupted = engine.noisy(r.original, o.seed, o.denoising.noise_level);
  }
  r.restored = by_model(o.model, [&] {
    return model->denoise(r.corrupted, o.denoising, o.chains, o.walk, o.seed, o.threads);
  });
  report(o, r);
}

}  // namespace

void add_denoise(CLI::App& app, const std::string& cpu) {
  const auto o = std::make_shared<DenoiseOptions>();
  o->walk.langevin.noise = 0.02;
  CLI::App& c = *app.add_subcommand("denoise",
                                    "Take the noise from images, e.g.\n  ebm-mnist denoise "
                                    "--images digits.png --noise-level 0.3 --out denoised.png");
  c.footer(std::string(
               "Adds noise to the images, unless they have it already, and goes down E(x) + T "
               "|x - y|^2 / (2 s^2) from the noisy image y: s is the noise level and T the "
               "model's temperature. The result is the mean of the chains; --noise 0 lets them "
               "take the one steepest way. A .png file gets the original images, the noisy and the "
               "denoised, a row each; a .safetensors file the tensor images. A model with "
               "noise levels takes one step, to the mean of images given the noisy one. PSNR is "
               "against the "
               "original, where it is known. ") +
           image_files);
  c.add_option("--noise-level", o->denoising.noise_level,
               "Deviation of the noise on the images, in pixel values")
      ->check(number(0, 10, Without::low))
      ->capture_default_str();
  c.add_option("--temperature", o->denoising.temperature,
               "How far the noisy image is to be believed against the model")
      ->check(number(0, 1e6))
      ->capture_default_str();
  c.add_option("--chains", o->chains, "Chains of an image, of which the mean is taken")
      ->transform(whole(1, million))
      ->capture_default_str();
  add_restoration(c, *o);
  c.callback([o, &c, &cpu] { run(c, *o, engine_for(cpu)); });
}

}  // namespace ebm_mnist
