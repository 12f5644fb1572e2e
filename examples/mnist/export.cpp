// SPDX-License-Identifier: MIT
#include <ebm/io/safetensors.hpp>
#include <iostream>
#include <memory>

#include "cli.hpp"
#include "commands.hpp"

namespace ebm_mnist {

namespace {

struct ExportOptions {
  std::filesystem::path model, onnx, gradient;
  bool quiet = false;
};

void run(const ExportOptions& o, const std::string& cpu) {
  ebm::require(!o.onnx.empty() || !o.gradient.empty(),
               "export: say what to write, by --onnx FILE, --gradient FILE or both");
  for (const auto& file : {o.onnx, o.gradient}) {
    if (!file.empty()) ebm::io::require_writable(file);
  }
  const auto model = engine_for(cpu).load(o.model);
  const auto metadata = ebm::io::read_safetensors(o.model).metadata();
  const char* const level = model->has_levels() ? ", level [image][1]" : "";
  if (!o.onnx.empty()) {
    model->write_scores(o.onnx, metadata);
    if (!o.quiet) {
      std::cout << o.onnx.string() << ": x [image][1][28][28], in [-1, 1], to score [image]"
                << (model->digits() > 0 ? " and digit_probabilities [image][digit]\n" : "\n");
    }
  }
  if (!o.gradient.empty()) {
    model->write_gradient(o.gradient, metadata);
    if (!o.quiet) {
      std::cout << o.gradient.string() << ": x [image][1][28][28]" << level
                << " to score [image], -E, and score_gradient, as x\n";
    }
  }
}

}  // namespace

void add_export(CLI::App& app, const std::string& cpu) {
  const auto o = std::make_shared<ExportOptions>();
  CLI::App& c = *app.add_subcommand("export",
                                    "Write a model for other programs, as ONNX, e.g.\n  ebm-mnist "
                                    "export --model tutorial --onnx score.onnx");
  c.footer(
      "Files are ONNX 1.13 (operator set 18), in float, for any number of images. The graph of "
      "--onnx gives what the command score prints. That of --gradient gives -E and its gradient, "
      "for Langevin dynamics elsewhere; of models with noise levels, at any level.");
  add_model(c, o->model);
  c.add_option("--onnx", o->onnx, "Graph of the scores to write")->type_name("FILE");
  c.add_option("--gradient", o->gradient, "Graph of -E and its gradient to write")
      ->type_name("FILE");
  c.add_flag("--quiet", o->quiet, "Print nothing but errors");
  c.callback([o, &cpu] { run(*o, cpu); });
}

}  // namespace ebm_mnist
