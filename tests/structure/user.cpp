// SPDX-License-Identifier: MIT
// A user's program: trains on pictures, saves, loads, scores and draws. It is compiled with the
// flags that users have, from -Wsign-conversion -Werror to -fno-rtti; with a folder as its argument
// it runs.
#include <cstdio>
#include <ebm/ebm.hpp>
#include <ebm/log/log.hpp>
#include <exception>
#include <filesystem>

namespace {

using Downsampling =
    ebm::Residual<ebm::Shortcut<ebm::AveragePool<ebm::Kernel<2>>>,
                  ebm::Conv2d<8, ebm::Kernel<3>, ebm::Stride<2>, ebm::Padding<1>>, ebm::Swish>;
using Network = ebm::Sequential<
    ebm::Shape<1, 8, 8>,
    ebm::SpectralNorm<ebm::Conv2d<8, ebm::Kernel<3>, ebm::Stride<1>, ebm::Padding<1>>>, ebm::Swish,
    Downsampling, ebm::Flatten, ebm::Linear<1>>;

/// White squares on black.
ebm::Samples<float> squares(Eigen::Index count) {
  const ebm::Samples<float> black = -ebm::Samples<float>::Ones(count, Network::Input::size);
  return ebm::corruptions::square(black, {.seed = 1}, {.rows = 8, .columns = 8}, 3);
}

int run(const std::filesystem::path& folder) {
  ebm::Neural<Network> energy(ebm::Rng{.seed = 1});
  ebm::Threads threads(2);
  ebm::Trainer trainer(energy, ebm::Recipe<>{.steps = 5, .epochs = 2, .batch = 16}, threads);
  const ebm::Samples<float> data = squares(64), other = ebm::corruptions::noise(data, {.seed = 2});
  trainer.fit(data, ebm::Validation(data, other),
              ebm::DivergenceGuard(ebm::AnyOf(ebm::FlatScores(), ebm::StuckChains())),
              ebm::io::Checkpoint({.folder = folder}));

  ebm::Neural<Network> loaded;
  ebm::io::load_model(folder / "model.safetensors", loaded);
  const Eigen::VectorXf usual = ebm::energies(loaded, data), unusual = ebm::energies(loaded, other);
  const ebm::Auroc auroc = ebm::auroc(std::span(usual.data(), 64), std::span(unusual.data(), 64));

  const auto prior = ebm::expression<Network::Input>([](const auto& x) { return square(x[0]); });
  const ebm::Samples<float> drawn =
      ebm::chain_ends(ebm::UnboundedLangevin(), loaded + 0.5f * prior, other, {.steps = 5});
  ebm::io::write_image_grid(folder / "drawn.png", drawn, {.channels = 1, .height = 8, .width = 8});
  std::printf("AUROC %.3f\n", auroc.value);
  return drawn.allFinite() ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return count > 1 ? run(arguments[1]) : 2;
  } catch (const std::exception& error) {
    std::puts(error.what());
    return 1;
  }
}
