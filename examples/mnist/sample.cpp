// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/io/image_grid.hpp>
#include <ebm/io/safetensors.hpp>
#include <iostream>

#include "commands.hpp"
#include "model.hpp"

namespace ebm_mnist {

namespace {

namespace fs = std::filesystem;

void write_tensors(const fs::path& path, const Chains& chains) {
  const std::int64_t count = chains.final.rows();
  ebm::io::SafeTensors content;
  const auto values = [](const ebm::Samples<float>& samples) {
    return std::span<const float>(samples.data(), static_cast<std::size_t>(samples.size()));
  };
  content.add("samples", {count, 1, 28, 28}, values(chains.final));
  if (!chains.trace.empty()) {
    std::vector<float> trace;
    for (const auto& snapshot : chains.trace) {
      const auto part = values(snapshot);
      trace.insert(trace.end(), part.begin(), part.end());
    }
    content.add("trace", {static_cast<std::int64_t>(chains.trace.size()), count, 1, 28, 28}, trace);
  }
  ebm::io::write_safetensors(path, content);
}

/// The samples as a square, or a chain a row and a snapshot a column.
void write_picture(const fs::path& path, const Chains& chains) {
  if (chains.trace.empty()) {
    const double side = std::ceil(std::sqrt(static_cast<double>(chains.final.rows())));
    ebm::io::write_image_grid(path, chains.final, {},
                              {.columns = static_cast<int>(side), .scale = 2});
    return;
  }
  const auto columns = static_cast<Eigen::Index>(chains.trace.size());
  ebm::Samples<float> rows(chains.final.rows() * columns, pixels);
  for (Eigen::Index i = 0; i < rows.rows(); ++i) {
    rows.row(i) = chains.trace[static_cast<std::size_t>(i % columns)].row(i / columns);
  }
  ebm::io::write_image_grid(path, rows, {}, {.columns = static_cast<int>(columns), .scale = 2});
}

}  // namespace

void sample(const SampleOptions& o) {
  const bool is_picture = o.out.extension() == ".png";
  ebm::require(is_picture || o.out.extension() == ".safetensors",
               "--out: expected a name that ends in .png or .safetensors, got ",
               ebm::io::quoted(o.out));
  ebm::require(o.trace <= o.langevin.steps, "--trace: expected at most the number of steps, ",
               o.langevin.steps, ", got ", o.trace);
  const fs::path folder = o.out.has_parent_path() ? o.out.parent_path() : fs::path(".");
  if (!fs::is_directory(folder)) {
    throw ebm::Error(ebm::sentence("sample: there is no folder ", ebm::io::quoted(folder),
                                   " to write ", ebm::io::quoted(o.out.filename()), " to"));
  }
  const Model model = load(o.model);
  ebm::Threads threads(o.threads);
  const Chains chains = run_chains(model, o.count, o.langevin, o.trace, ebm::Rng{o.seed}, threads);
  if (is_picture) {
    write_picture(o.out, chains);
  } else {
    write_tensors(o.out, chains);
  }
  std::cout << o.count << " samples after " << o.langevin.steps << " steps: " << o.out.string()
            << '\n';
}

}  // namespace ebm_mnist
