// SPDX-License-Identifier: MIT
#pragma once

#include <climits>
#include <ebm/energy/neural.hpp>
#include <ebm/io/checkpoint.hpp>
#include <ebm/io/metrics_csv.hpp>
#include <ebm/io/progress.hpp>
#include <ebm/io/tensorboard_log.hpp>
#include <ebm/parallel/executor.hpp>
#include <ebm/train/callback.hpp>
#include <ebm/train/early_stop.hpp>
#include <ebm/train/generate.hpp>
#include <ebm/train/guard/divergence_guard.hpp>
#include <ebm/train/guard/rising_divergence.hpp>
#include <ebm/train/guard/saturated_chains.hpp>
#include <ebm/train/guard/scores.hpp>
#include <ebm/train/trainer.hpp>
#include <ebm/train/validation.hpp>
#include <variant>

#include "interrupt.hpp"
#include "pictures.hpp"
#include "run_folder.hpp"
#include "training.hpp"

/// A training run from its options: the library's trainer and callbacks put together.
namespace ebm_mnist::inline EBM_INSTRUCTION_SET {

/// Callback: a picture of the newest samples of the buffer after each epoch.
struct NewestSamples {
  RunFolder* folder;

  template <class Trainer>
  void on_epoch(Trainer& trainer, const ebm::EpochReport& report) const {
    folder->add_picture("samples", report.epoch,
                        ebm::io::image_grid(trainer.buffer().newest(64), {}, {.scale = 2}));
  }
};

/// What a diverging run changes when it is put back, as the command line chooses.
struct ChosenReaction {
  std::variant<ebm::LowerLearningRate, ebm::MoreSteps> reaction;

  explicit ChosenReaction(const std::string& name = "learning-rate") {
    if (name == "steps") reaction = ebm::MoreSteps();
  }
  template <class Trainer>
  std::string apply(Trainer& trainer, int times) {
    return std::visit([&](auto& chosen) { return chosen.apply(trainer, times); }, reaction);
  }
};

/// Trains a network as the options say, with all files of a run.
///
/// Throws `ebm::Error` where files, data or divergence end it.
///
/// Place: where a `Trainer` trains
template <class Net, class Place>
TrainingResult train_network(const TrainOptions& o, const TrainingData& data, Place& place) {
  using ebm::io::Saved;
  const ebm::Rng rng{o.seed};
  ebm::Neural<Net> model(rng);
  ebm::Trainer trainer(model,
                       ebm::Recipe{.sampler = ebm::Langevin(o.chains.langevin),
                                   .steps = o.chains.steps,
                                   .starts = ebm::FromReplayBuffer{o.buffer},
                                   .loss = ebm::ContrastiveDivergence(o.loss),
                                   .optimizer = ebm::Adam<float>(o.adam),
                                   .gradient_clip = ebm::GlobalNormClip(o.gradient_norm),
                                   .schedule = ebm::StepDecay(o.decay),
                                   .epochs = o.epochs,
                                   .batch = o.batch,
                                   .data_noise = o.data_noise,
                                   .shuffle = !o.no_shuffle,
                                   .limit_batches = o.limit_batches,
                                   .rng = rng},
                       place);
  constexpr Eigen::Index outliers = 1024;  // as many as the tutorial's
  const auto noise =
      ebm::uniform_noise(std::max(outliers, data.test.rows()), Net::Input::size, rng);
  const ebm::Samples<float> validation_noise = noise.topRows(data.test.rows());

  RunFolder folder(o);
  Interrupt interrupt;
  ebm::OptionalCallback<ebm::io::Progress> progress(!o.quiet);
  ebm::Validation validation(data.test, validation_noise);
  ebm::Outlier outlier(ebm::Samples<float>(noise.topRows(outliers)));
  ebm::LearningRateMonitor learning_rate;
  ebm::io::MetricsCsv metrics({.file = folder.metrics()});
  ebm::OptionalCallback<ebm::io::TensorBoardLog> log(
      !o.no_tensorboard, ebm::io::TensorBoardLogOptions{.folder = folder.tensorboard()});

  const auto show_chains = [&](const ebm::EpochReport& report, const auto& snapshots) {
    const auto columns = static_cast<int>(snapshots.size());
    const ebm::Samples<float> rows = chain_by_chain(snapshots);
    folder.add_picture("generation", report.epoch,
                       ebm::io::image_grid(rows, {}, {.columns = columns, .scale = 2}));
    if (!log) return;
    for (Eigen::Index chain = 0; chain < rows.rows() / columns; ++chain) {
      log->writer().image("generation_" + std::to_string(chain),
                          ebm::io::image_grid(rows.middleRows(chain * columns, columns), {},
                                              {.columns = columns, .scale = 2}),
                          report.iteration);
    }
  };
  const auto show_buffer = [&](const ebm::EpochReport& report, const auto& samples) {
    const auto picture = ebm::io::image_grid(samples, {}, {.scale = 2});
    folder.add_picture("sampler", report.epoch, picture);
    if (log) log->writer().image("sampler", picture, report.iteration);
  };
  const bool has_pictures = o.pictures_every > 0;
  const int every = std::max(1, o.pictures_every);
  ebm::OptionalCallback<ebm::Generate<decltype(show_chains)>> generate(
      has_pictures, ebm::GenerateOptions{.every = every}, rng, show_chains);
  ebm::OptionalCallback<ebm::SamplerImages<decltype(show_buffer)>> sampler_images(
      has_pictures, ebm::SamplerImagesOptions{.every = every}, rng, show_buffer);
  const NewestSamples newest{&folder};

  const auto tell = [&](const ebm::GuardEvent& event) {
    folder.add_event(event);
    if (!progress) return;
    progress->line(ebm::sentence("epoch ", event.epoch, ": ", event.what, ": ", event.action));
  };
  using Detection =
      ebm::AnyOf<ebm::StuckChains, ebm::FlatScores, ebm::RisingDivergence, ebm::SaturatedChains>;
  ebm::OptionalCallback<ebm::DivergenceGuard<Detection, ChosenReaction>> guard(
      !o.no_guard,
      Detection(ebm::StuckChains(), ebm::FlatScores(), ebm::RisingDivergence(),
                ebm::SaturatedChains({.data_share = ebm::share_at_edge<float>(data.train)})),
      ChosenReaction(o.guard_reaction),
      ebm::DivergenceGuardOptions{.attempts = o.guard, .report = tell});
  ebm::EarlyStop early_stop({.patience = o.early_stop > 0 ? o.early_stop : INT_MAX});
  ebm::io::Checkpoint checkpoint({.folder = folder.path(), .keep = o.keep, .every = o.save_every},
                                 Saved{"guard", &guard}, Saved{"early_stop", &early_stop});

  if (o.resume) checkpoint.resume(trainer);
  // What goes wrong is on record before the guard puts it back, and no file of a model follows.
  trainer.fit(data.train, validation, outlier, learning_rate, newest, generate, sampler_images,
              metrics, log, guard, early_stop, folder, checkpoint, progress, interrupt);

  TrainingResult result;
  result.epochs_done = trainer.position().epoch - 1;
  result.threads = trainer.executor().workers();
  result.interrupted_by = trainer.is_finished() ? 0 : interrupt.signal();
  result.times_put_back = guard ? guard->times() : 0;
  if (const auto best = checkpoint.best()) {
    result.best_epoch = best->epoch;
    result.best_divergence = best->value;
  }
  return result;
}

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
