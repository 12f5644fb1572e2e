// SPDX-License-Identifier: MIT
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <ebm/ebm.hpp>
#include <span>

#include "mnist/network.hpp"

/// Hashes what the tutorial's network computes and compares with what every compiler and every
/// processor with fused multiply-add gave before.
///
/// Exit status: 0 equal, 1 different, 77 (skipped) where the target has no fused multiply-add.
namespace {

using Model = ebm::Neural<ebm_mnist::Network>;
using Images = ebm::Samples<float>;
constexpr int pixels = ebm_mnist::Network::Input::size;

constexpr std::uint64_t empty_hash = 0xCBF29CE484222325u;

/// Source: Fowler, Noll, Vo, "The FNV Non-Cryptographic Hash Algorithm", RFC 9923: FNV-1a, 64 bits.
std::uint64_t hash(std::span<const float> values, std::uint64_t state = empty_hash) {
  for (const float value : values) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    for (int byte = 0; byte < 4; ++byte, bits >>= 8) {
      state = (state ^ (bits & 0xFFu)) * 0x100000001B3u;
    }
  }
  return state;
}

template <class Dense>
std::uint64_t hash_all(const Dense& values, std::uint64_t state = empty_hash) {
  return hash({values.data(), static_cast<std::size_t>(values.size())}, state);
}

/// `count` images of uniform noise in [-1, 1).
Images noise_images(int count, std::uint64_t id) {
  Images images(count, pixels);
  ebm::Sequence draws(ebm::Rng{7}.stream(ebm::Purpose::user), id);
  for (float& pixel : images.reshaped()) pixel = static_cast<float>(2 * draws.uniform() - 1);
  return images;
}

std::uint64_t scores_and_input_gradients(ebm::Threads& threads) {
  const Model model(ebm::Rng{1});
  const Images images = noise_images(40, 1);
  const auto energies = ebm::energies(model, images, threads);
  return hash_all(ebm::energy_gradients(model, images, threads), hash_all(energies));
}

std::uint64_t chain_of_60_steps(ebm::Threads& threads) {
  const Model model(ebm::Rng{1});
  Images chains = noise_images(40, 2);
  ebm::run_chains(ebm::Langevin{}, model, chains, {.rng = ebm::Rng{3}, .first_chain = 1000},
                  threads);
  return hash_all(chains);
}

std::uint64_t parameters_after_20_iterations(ebm::Threads& threads) {
  Model model(ebm::Rng{1});
  ebm::Recipe recipe{.steps = 2, .epochs = 2, .batch = 20};
  ebm::Trainer trainer(model, recipe, threads);
  trainer.fit(noise_images(200, 3));
  return hash(model.parameters());
}

/// More blocks than there are runs in a `SumOrder`.
std::uint64_t gradient_of_a_large_batch(ebm::Threads& threads) {
  const Model model(ebm::Rng{1});
  std::vector<float> gradient(model.parameters().size());
  ebm::LossGradient<float>{}(model, ebm::ContrastiveDivergence(), noise_images(300, 3),
                             noise_images(300, 4), threads, std::span<float>(gradient));
  return hash(gradient);
}

struct Quantity {
  const char* name;
  std::uint64_t (*compute)(ebm::Threads&);
  std::uint64_t expected;
};

constexpr Quantity quantities[] = {
    {"scores and input gradients", scores_and_input_gradients, 0xBBDFEC00A9454786},
    {"a chain of 60 steps", chain_of_60_steps, 0x2E8B3DE9B0BAB411},
    {"parameters after 20 iterations", parameters_after_20_iterations, 0xF75D1B26B7F0EC77},
    {"the gradient of a large batch", gradient_of_a_large_batch, 0x0759029C1EC286C8},
};

}  // namespace

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // an emulator takes its time
#if !defined(__FMA__) && !defined(__ARM_FEATURE_FMA)
  std::puts("skipped: without fused multiply-add the bits are others");
  return 77;
#endif
  bool equal = true;
  for (const Quantity& quantity : quantities) {
    for (int count : {1, 2, 3}) {
      ebm::Threads threads(count);
      const std::uint64_t got = quantity.compute(threads);
      equal = equal && got == quantity.expected;
      std::printf("%s, %d threads: %016" PRIx64 "%s\n", quantity.name, count, got,
                  got == quantity.expected ? "" : ", which is not as expected");
    }
  }
  return equal ? 0 : 1;
}
