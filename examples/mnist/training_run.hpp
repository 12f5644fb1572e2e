// SPDX-License-Identifier: MIT
#pragma once

#include <climits>
#include <ebm/energy/neural.hpp>
#include <ebm/io/image_samples.hpp>
#include <ebm/log/checkpoint.hpp>
#include <ebm/log/metrics_csv.hpp>
#include <ebm/log/progress.hpp>
#include <ebm/log/tensorboard_log.hpp>
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

/// Whether this process is the first, or only, one of those that train in a place.
template <class Place>
bool is_first(const Place& place) {
  if constexpr (requires { place.ranks(); }) {
    return place.ranks().is_first();
  } else {
    return true;
  }
}

/// Callback: processes wait for each other at the end of an epoch, so that the others do not give
/// up the first while it writes.
template <class Place>
struct Meeting {
  const Place* place;

  template <class Trainer>
  void on_epoch(Trainer&, const ebm::EpochReport&) const {
    if constexpr (requires { place->ranks(); }) static_cast<void>(place->ranks().gather(0));
  }
};

/// Callback, after the checkpoint: an earlier run in the folder is let go.
struct ReplaceEarlierRun {
  ebm::OptionalCallback<RunFolder>* folder;

  template <class Trainer>
  void on_batch(Trainer&, const ebm::BatchReport&) const {
    replace();
  }
  template <class Trainer>
  void on_epoch(Trainer&, const ebm::EpochReport&) const {
    replace();
  }
  template <class Trainer>
  void on_end(Trainer&) const {
    replace();
  }

 private:
  void replace() const {
    if (*folder) (*folder)->replace();
  }
};

/// What every run has, whatever its recipe: its folder with all files, which the first process
/// writes, progress, a divergence guard, early stopping, and an end by a signal.
template <class Place>
class Run {
 public:
  /// Throws `ebm::Error` unless the run's folder is as it must be; see `RunFolder`.
  ///
  /// monitor: the metric that is lowest where the model is best
  Run(const TrainOptions& options, const Place& place, std::string monitor)
      : folder(is_first(place), options),
        log(is_first(place) && !options.no_tensorboard,
            ebm::io::TensorBoardLogOptions{.folder = RunFolder::tensorboard(options.out)}),
        options_(&options),
        place_(&place),
        monitor_(std::move(monitor)) {}

  /// Whether this process writes files.
  [[nodiscard]] bool writes() const { return is_first(*place_); }
  [[nodiscard]] bool has_pictures() const { return writes() && options_->pictures_every > 0; }

  /// Chains, [snapshot][chain][pixel], as a picture of a row each, and each for TensorBoard.
  template <class Snapshots>
  void show_chains(const ebm::EpochReport& report, const Snapshots& snapshots) {
    const auto columns = static_cast<int>(snapshots.size());
    const ebm::Samples<float> rows = chain_by_chain({snapshots.begin(), snapshots.end()});
    folder->add_picture("generation", report.epoch,
                        ebm::io::image_grid(rows, {}, {.columns = columns, .scale = 2}));
    if (!log) return;
    for (Eigen::Index chain = 0; chain < rows.rows() / columns; ++chain) {
      log->writer().image("generation_" + std::to_string(chain),
                          ebm::io::image_grid(rows.middleRows(chain * columns, columns), {},
                                              {.columns = columns, .scale = 2}),
                          report.iteration);
    }
  }

  /// Trains with the recipe's own callbacks before those of the run.
  ///
  /// Throws `ebm::Error` where files, data or divergence end it.
  /// metadata: of the model files, asked for whenever one is written
  template <class Trainer, class Data, class Detection, class... Own>
  TrainingResult train(Trainer& trainer, const Data& data, Detection detection,
                       const std::function<std::map<std::string, std::string>()>& metadata,
                       Own&... own) {
    const TrainOptions& o = *options_;
    Interrupt interrupt(writes() && !o.quiet, [&](int signal) {
      if constexpr (requires { place_->ranks(); }) {
        return std::ranges::max(place_->ranks().gather(signal));
      } else {
        return signal;
      }
    });
    ebm::OptionalCallback<ebm::io::Progress> progress(writes() && !o.quiet);
    ebm::OptionalCallback<ebm::io::MetricsCsv> metrics(
        writes(), ebm::io::MetricsCsvOptions{.file = RunFolder::metrics(o.out),
                                             .waits = [&] { return folder && folder->waits(); }});
    const auto tell = [&](const ebm::GuardEvent& event) {
      if (folder) folder->add_event(event);
      if (!progress) return;
      progress->line(ebm::sentence("epoch ", event.epoch, ": ", event.what, ": ", event.action));
    };
    ebm::OptionalCallback<ebm::DivergenceGuard<Detection, ChosenReaction>> guard(
        !o.no_guard, std::move(detection), ChosenReaction(o.guard_reaction),
        ebm::DivergenceGuardOptions{.attempts = o.guard, .report = tell});
    ebm::EarlyStop early_stop(
        {.monitor = monitor_, .patience = o.early_stop > 0 ? o.early_stop : INT_MAX});
    ebm::io::Checkpoint checkpoint({.folder = o.out,
                                    .monitor = monitor_,
                                    .keep = o.keep,
                                    .every = o.save_every,
                                    .writes = writes(),
                                    .settings = o.settings,
                                    .metadata = metadata},
                                   ebm::io::Saved{"guard", &guard},
                                   ebm::io::Saved{"early_stop", &early_stop});

    if (o.resume) checkpoint.resume(trainer);
    // What goes wrong is on record before the guard puts it back, and no file of a model follows.
    trainer.fit(data, folder, own..., metrics, log, Meeting<Place>{place_}, guard, early_stop,
                checkpoint, ReplaceEarlierRun{&folder}, progress, interrupt);

    TrainingResult result;
    result.is_first = writes();
    result.epochs_done = trainer.position().epoch - 1;
    result.threads = trainer.executor().workers();
    result.interrupted_by = trainer.is_finished() ? 0 : interrupt.signal();
    result.times_put_back = guard ? guard->times() : 0;
    if (const auto best = checkpoint.best()) {
      result.monitor = monitor_;
      result.best_epoch = best->epoch;
      result.best_value = best->value;
    }
    return result;
  }

  ebm::OptionalCallback<RunFolder> folder;
  ebm::OptionalCallback<ebm::io::TensorBoardLog> log;

 private:
  const TrainOptions* options_;
  const Place* place_;
  std::string monitor_;
};

/// Callback: a picture of the newest samples of the buffer after each epoch.
struct NewestSamples {
  ebm::OptionalCallback<RunFolder>* folder;

  template <class Trainer>
  void on_epoch(Trainer& trainer, const ebm::EpochReport& report) const {
    (*folder)->add_picture("samples", report.epoch,
                           ebm::io::image_grid(trainer.buffer().newest(64), {}, {.scale = 2}));
  }
};

/// Trains a network by the tutorial's recipe, contrastive divergence.
///
/// Throws `ebm::Error` where files, data or divergence end it.
/// Place: where a `Trainer` trains
template <class Net, class Place>
TrainingResult train_network(const TrainOptions& o, const TrainingData& data, Place& place) {
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
  const ebm::io::ImageDataset images(data.train, Net::Input::size);
  const auto validation_noise = ebm::uniform_noise(data.test.rows(), Net::Input::size, rng);

  Run run(o, place, std::string(ebm::Validation<>::divergence));
  ebm::Validation validation(data.test, validation_noise);
  ebm::Outlier outlier(ebm::uniform_noise(outliers, Net::Input::size, rng));
  ebm::LearningRateMonitor learning_rate;
  const auto show_chains = [&](const ebm::EpochReport& report, const auto& snapshots) {
    run.show_chains(report, snapshots);
  };
  const auto show_buffer = [&](const ebm::EpochReport& report, const auto& samples) {
    const auto picture = ebm::io::image_grid(samples, {}, {.scale = 2});
    run.folder->add_picture("sampler", report.epoch, picture);
    if (run.log) run.log->writer().image("sampler", picture, report.iteration);
  };
  const int every = std::max(1, o.pictures_every);
  ebm::OptionalCallback<ebm::Generate<decltype(show_chains)>> generate(
      run.has_pictures(), ebm::GenerateOptions{.every = every}, rng, show_chains);
  ebm::OptionalCallback<ebm::SamplerImages<decltype(show_buffer)>> sampler_images(
      run.has_pictures(), ebm::SamplerImagesOptions{.every = every}, rng, show_buffer);
  ebm::OptionalCallback<NewestSamples> newest(run.writes(), NewestSamples{&run.folder});

  using Detection =
      ebm::AnyOf<ebm::StuckChains, ebm::FlatScores, ebm::RisingDivergence, ebm::SaturatedChains>;
  return run.train(
      trainer, images,
      Detection(ebm::StuckChains(), ebm::FlatScores(), ebm::RisingDivergence(),
                ebm::SaturatedChains({.data_share = ebm::share_at_edge<float>(images)})),
      {}, validation, outlier, learning_rate, newest, generate, sampler_images);
}

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
