// SPDX-License-Identifier: MIT
#include <ebm/io/embed.hpp>
#include <iostream>
#include <memory>

#include "cli.hpp"
#include "commands.hpp"

namespace ebm_mnist {

namespace {

struct EmbedOptions {
  std::filesystem::path model, out;
  std::string name = "weights";
  bool quiet = false;
};

void run(const EmbedOptions& o) {
  ebm::io::require_writable(o.out);
  ebm::io::write_embedded(o.out, ebm::io::read_safetensors(o.model), o.name);
  if (!o.quiet) {
    std::cout << "Include " << o.out.string() << ", and give its weights to an energy of the "
              << "model's network:\n  ebm::load_embedded(" << o.name << "::tensors, energy);\n";
  }
}

}  // namespace

void add_embed(CLI::App& app) {
  const auto o = std::make_shared<EmbedOptions>();
  CLI::App& c = *app.add_subcommand("embed",
                                    "Make a model part of a C++ program, e.g.\n  ebm-mnist embed "
                                    "--model tutorial --out weights.hpp");
  c.footer(
      "Writes a header with the weights as arrays, to the last bit, and the file's metadata. A "
      "program that includes it reads no file: see examples/embedded in the sources.");
  add_model(c, o->model);
  c.add_option("--out", o->out, "Header to write")->type_name("FILE")->required();
  c.add_option("--name", o->name, "Namespace of the weights")
      ->type_name("NAME")
      ->capture_default_str();
  c.add_flag("--quiet", o->quiet, "Print nothing but errors");
  c.callback([o] { run(*o); });
}

}  // namespace ebm_mnist
