// SPDX-License-Identifier: MIT
// Checkpoint::resume of a state, and two iterations of training from there, with what guards a run
// of ebm-mnist. What is accepted trains, or ends with ebm::Error; what training then saves must be
// accepted, too.
#include <ebm/energy/neural.hpp>
#include <ebm/log/checkpoint.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/nn/sequential.hpp>
#include <ebm/train/early_stop.hpp>
#include <ebm/train/guard/divergence_guard.hpp>
#include <ebm/train/guard/rising_divergence.hpp>
#include <ebm/train/guard/saturated_chains.hpp>
#include <ebm/train/guard/scores.hpp>
#include <ebm/train/trainer.hpp>
#include <limits>

#include "checks.hpp"
#include "tensor_file.hpp"

namespace {

using Net = ebm::Sequential<ebm::Shape<4>, ebm::Linear<3>, ebm::Swish, ebm::Linear<1>>;
using Recipe =
    ebm::Recipe<ebm::Langevin<>, ebm::FromReplayBuffer, ebm::ContrastiveDivergence<>, ebm::Adam<>,
                ebm::GlobalNormClip, ebm::StepDecay, ebm::ExponentialAverage>;
using Detection =
    ebm::AnyOf<ebm::StuckChains, ebm::FlatScores, ebm::RisingDivergence, ebm::SaturatedChains>;
constexpr const char* metric = "val_contrastive_divergence";

/// Callback: the metric that others look at, and an end after two iterations.
struct Short {
  int iterations = 0;

  template <class Trainer>
  void on_batch(Trainer& trainer, const ebm::BatchReport&) {
    if (++iterations == 2) trainer.stop();
  }
  template <class Trainer>
  void on_epoch(Trainer&, ebm::EpochReport& report) const {
    report.metrics.set(metric, report.mean.loss.total);
  }
};

/// A run as the program puts one together.
struct Run {
  ebm::Serial serial;
  ebm::Neural<Net> model{ebm::Rng{1}};
  ebm::Trainer<ebm::Neural<Net>, Recipe, ebm::Serial> trainer{
      model,
      Recipe{.steps = 1,
             .starts = ebm::FromReplayBuffer{{.capacity = 8}},
             .epochs = 1'000'000,  // the most that ebm-mnist takes
             .batch = 4},
      serial};
  ebm::DivergenceGuard<Detection> guard{Detection(ebm::StuckChains(), ebm::FlatScores(),
                                                  ebm::RisingDivergence(),
                                                  ebm::SaturatedChains({.every = 1}))};
  ebm::EarlyStop early_stop;
  ebm::io::Checkpoint<decltype(guard), ebm::EarlyStop> checkpoint;

  explicit Run(const std::filesystem::path& folder)
      : checkpoint({.folder = folder, .monitor = metric, .keep = 2, .settings = {{"seed", "1"}}},
                   ebm::io::Saved{"guard", &guard}, ebm::io::Saved{"early_stop", &early_stop}) {}

  /// saves: with the checkpoint among the callbacks, which takes as long as all the rest
  void train(bool saves) {
    static const ebm::Samples<float> data = [] {
      ebm::Samples<float> samples(8, 4);
      for (Eigen::Index i = 0; i < samples.size(); ++i) {
        samples.data()[i] = static_cast<float>(i % 7) / 7;
      }
      return samples;
    }();
    if (saves) {
      trainer.fit(data, Short(), guard, early_stop, checkpoint);
    } else {
      trainer.fit(data, Short(), guard, early_stop);
    }
  }
};

/// Numbers at the edges of what a state may hold.
template <class T>
T special(fuzz::Dice& dice) {
  using Limits = std::numeric_limits<T>;
  if constexpr (Limits::is_integer) {
    const std::array values{T{0},       T{1},           T{-1},      Limits::max(), Limits::min(),
                            T{INT_MAX}, T{INT_MAX} - 1, T{1} << 62, T{1'000'000},  T{5},
                            T{6}};
    return dice.one_of(values);
  } else {
    const std::array values{T{0},
                            T{1},
                            T{-1},
                            Limits::max(),
                            Limits::lowest(),
                            Limits::infinity(),
                            -Limits::infinity(),
                            Limits::quiet_NaN(),
                            Limits::denorm_min(),
                            Limits::min(),
                            T{1e-20f},
                            T{1e20f}};
    return dice.one_of(values);
  }
}

template <class T>
void change_number(fuzz::Bytes& bytes, fuzz::Dice& dice) {
  if (bytes.size() < sizeof(T)) return;
  auto* const place = bytes.data() + sizeof(T) * dice.below(bytes.size() / sizeof(T));
  T number;
  std::memcpy(&number, place, sizeof number);
  if (dice.once_in(3)) {
    number = special<T>(dice);
  } else if (dice.once_in(2) && number > -1000 && number < 1000) {
    number = static_cast<T>(number + static_cast<T>(dice.once_in(2) ? 1 : -1));
  } else {
    LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(&number), sizeof number, sizeof number);
  }
  std::memcpy(place, &number, sizeof number);
}

/// Changes one entry of the state, most of the time one number.
void change(fuzz::TensorFile& file, fuzz::Dice& dice) {
  if (file.tensors.empty()) return;
  auto& part = dice.one_of(file.tensors);
  if (dice.once_in(32)) return file.tensors.pop_back();
  if (dice.once_in(32)) return std::swap(part.bytes, dice.one_of(file.tensors).bytes);
  if (dice.once_in(32)) return fuzz::mutate(part.name, 100);
  if (dice.once_in(16) && !part.shape.empty()) {
    part.shape[0] += dice.once_in(2) ? 1 : -1;
    return fuzz::fit_bytes(part);
  }
  if (part.dtype == "F32") return change_number<float>(part.bytes, dice);
  if (part.dtype == "F64") return change_number<double>(part.bytes, dice);
  return change_number<std::int64_t>(part.bytes, dice);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::ScratchFolder folder;
  static const auto file = folder / "state.safetensors";
  fuzz::put(file, {data, size});
  Run run(folder.path());
  // What is refused is not mutated on: one step in seven leads to a state that trains.
  constexpr int of_no_use = -1;
  if (!fuzz::accepts([&] { run.checkpoint.resume(run.trainer); })) return of_no_use;
  const std::int64_t before = run.trainer.position().iteration;
  const bool saves = fuzz::is_one_in(8, {data, size});
  const bool trained = fuzz::accepts([&] { run.train(saves); });
  if (!trained || !saves || run.trainer.position().iteration == before) return 0;
  const ebm::State saved = ebm::io::load_state(file);
  Run again(folder.path());
  again.checkpoint.resume(again.trainer);
  ebm::State restored;
  restored.put("trainer", again.trainer.state());
  restored.put("checkpoint", again.checkpoint.state());
  restored.put("guard", again.guard.state());
  restored.put("early_stop", again.early_stop.state());
  // Bytes, since a NaN is not equal to itself.
  ebm::io::save_state(file, saved);
  const auto bytes = ebm::io::read_file(file);
  ebm::io::save_state(file, restored);
  fuzz::expect(ebm::io::read_file(file) == bytes, "a state that is restored is the one saved");
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  fuzz::Dice dice(seed);
  auto file = fuzz::tensor_file_of({data, size});
  if (!file || dice.once_in(32)) return LLVMFuzzerMutate(data, size, most);
  do {
    change(*file, dice);
  } while (dice.once_in(3));
  if (!dice.once_in(32)) fuzz::repair_checksum(*file);
  return fuzz::hand_over(fuzz::bytes_of(*file, fuzz::header_of(*file)), data, most);
}
