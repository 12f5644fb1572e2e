// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/core/error.hpp>
#include <ebm/energy/conditions.hpp>
#include <ebm/loss/cross_entropy.hpp>
#include <ebm/loss/denoising_score_matching.hpp>
#include <ebm/loss/weighted_losses.hpp>
#include <ebm/optim/average.hpp>
#include <ebm/optim/decay.hpp>
#include <ebm/optim/warm_up.hpp>
#include <ebm/train/persistent_annealing.hpp>

#include "matching.hpp"
#include "training_run.hpp"

namespace ebm_mnist::inline EBM_INSTRUCTION_SET {

/// Mean and deviation of the pixels of images, in [-1, 1]; added up in their order.
template <class Data>
ebm::NoiseConditionalOptions pixels_of(const Data& images) {
  std::vector<float> image(static_cast<std::size_t>(images.cols()));
  double sum = 0, squares = 0;
  for (Eigen::Index i = 0; i < images.rows(); ++i) {
    images.copy_sample(i, image);
    for (const float pixel : image) {
      sum += double{pixel};
      squares += double{pixel} * double{pixel};
    }
  }
  const double count = static_cast<double>(images.rows() * images.cols());
  const double mean = sum / count, variance = squares / count - mean * mean;
  if (!(variance > 1e-9)) throw ebm::Error("train: all pixels of the training images are the same");
  return {.mean = mean, .deviation = std::sqrt(variance)};
}

/// Dataset: images with their digits, one-hot.
class DigitImages {
 public:
  /// images, digits: live elsewhere
  DigitImages(const ebm::io::ImageDataset& images, std::span<const int> digits)
      : images_(&images), digits_(digits) {}

  [[nodiscard]] Eigen::Index rows() const noexcept { return images_->rows(); }
  [[nodiscard]] Eigen::Index cols() const noexcept {
    return images_->cols() + digits_of<JointEnergy>;
  }
  /// sample: [pixel, digit]
  void copy_sample(Eigen::Index index, std::span<float> sample) const {
    images_->copy_sample(index, sample.first(static_cast<std::size_t>(images_->cols())));
    for (int digit = 0; digit < digits_of<JointEnergy>; ++digit) {
      sample[static_cast<std::size_t>(images_->cols() + digit)] =
          digits_[static_cast<std::size_t>(index)] == digit ? 1.0f : 0.0f;
    }
  }

 private:
  const ebm::io::ImageDataset* images_;
  std::span<const int> digits_;
};

/// The images that an energy is trained with: with their digits if it knows some.
template <class E>
[[nodiscard]] auto samples_for(const ebm::io::ImageDataset& images, const TrainingData& data) {
  if constexpr (digits_of<E> > 0) {
    return DigitImages(images, data.train_digits);
  } else {
    return images;
  }
}

/// The test images of an energy, as `samples_for`.
template <class E>
[[nodiscard]] ebm::Samples<float> test_samples_for(const TrainingData& data) {
  if constexpr (digits_of<E> > 0) {
    return ebm::with_conditions(data.test, ebm::one_hot(std::span(data.test_digits), digits_of<E>));
  } else {
    return data.test;
  }
}

/// What an energy over noise levels learns from data: their slopes, and their digits if it knows
/// some.
template <class E>
[[nodiscard]] auto loss_from_data(const TrainOptions& o) {
  const ebm::DenoisingScoreMatching slopes(ebm::LogLogisticLevels(o.matching.levels));
  if constexpr (digits_of<E> > 0) {
    return slopes + o.joint.weight * ebm::CrossEntropy(ebm::LogLogisticLevels(o.joint.levels));
  } else {
    return slopes;
  }
}

/// Trains an energy over noise levels by a loss, with chains that `sampler` and `starts` say.
///
/// Throws `ebm::Error` where files, data or divergence end it.
/// images: those of `data`; Place: where a `Trainer` trains
template <class E, class Loss, class Sampler, class Starts, class Guard, class Place>
TrainingResult train_over_levels(const TrainOptions& o, const TrainingData& data,
                                 const ebm::io::ImageDataset& images, E& model, const Loss& loss,
                                 const Sampler& sampler, const Starts& starts, const Guard& guard,
                                 Place& place) {
  const ebm::Rng rng{o.seed};
  ebm::Trainer trainer(
      model,
      ebm::Recipe{.sampler = sampler,
                  .steps = o.chains.steps,
                  .starts = starts,
                  .loss = loss,
                  .optimizer = ebm::Adam<float>(o.adam),
                  .gradient_clip = ebm::GlobalNormClip(o.gradient_norm),
                  .schedule = ebm::WarmUp({.iterations = o.matching.warm_up}, ebm::CosineDecay()),
                  .averaging = ebm::ExponentialAverage({.decay = o.matching.averaging}),
                  .chain_guard = guard,
                  .epochs = o.epochs,
                  .batch = o.batch,
                  .data_noise = o.data_noise,
                  .shuffle = !o.no_shuffle,
                  .limit_batches = o.limit_batches,
                  .rng = rng},
      place);

  Run run(o, place, std::string(ebm::ValidationLoss<>::loss));
  const ebm::Samples<float> test = test_samples_for<E>(data);
  ebm::ValidationLoss validation(
      test, rng, ebm::DenoisingScoreMatching(ebm::LogLogisticLevels(o.matching.levels)));
  ebm::LearningRateMonitor learning_rate;
  const auto show = [&](const ebm::EpochReport& report, const auto& snapshots) {
    run.folder->add_picture("samples", report.epoch,
                            ebm::io::image_grid(snapshots.back(), {}, {.scale = 2}));
    if (!run.has_pictures() || report.epoch % o.pictures_every != 0) return;
    std::vector<ebm::Samples<float>> first;
    for (const auto& snapshot : snapshots) first.push_back(snapshot.topRows(8));
    run.show_chains(report, first);
  };
  constexpr int steps = 64;  // of the chains that are shown
  ebm::OptionalCallback<ebm::Generate<decltype(show), ebm::Annealed<>>> generate(
      run.writes(), ebm::GenerateOptions{.chains = 64, .steps = steps, .every = 1}, rng, show,
      annealed(steps));

  // A score is worth what its fit is: some thousand images for four energies.
  ebm::Samples<float> some(std::min<Eigen::Index>(2048, images.rows()), pixels);
  for (Eigen::Index i = 0; i < some.rows(); ++i) images.copy_sample(i, ebm::sample_of(some, i));
  const auto metadata = [&] {
    const auto& trained = trainer.model();
    return level_metadata(recipe_of<E>, trained.options(),
                          ebm::MahalanobisScore(level_energies(trained, some, trainer.executor())));
  };
  return run.train(trainer, samples_for<E>(images, data), ebm::AnyOf<>(), metadata, validation,
                   learning_rate, generate);
}

/// The images that a score can be fitted to; throws `ebm::Error` if there are too few.
inline ebm::io::ImageDataset images_for_levels(const TrainOptions& o, const TrainingData& data) {
  ebm::io::ImageDataset images(data.train, pixels);
  if (images.rows() <= std::ssize(score_levels)) {
    throw ebm::Error(ebm::sentence("train: the recipe ", o.recipe, " fits its score to more than ",
                                   score_levels.size(), " training images, got ", images.rows()));
  }
  return images;
}

/// The options of an energy of these images.
inline ebm::NoiseConditionalOptions energy_options_for(const TrainOptions& o,
                                                       const ebm::io::ImageDataset& images) {
  ebm::NoiseConditionalOptions options = pixels_of(images);
  options.gain = o.matching.gain;
  options.level = o.matching.data_level;
  return options;
}

/// Trains a new energy over noise levels from data; see `train_over_levels`.
///
/// E: `MatchingEnergy` or `JointEnergy`
template <class E, class Place>
TrainingResult train_from_data(const TrainOptions& o, const TrainingData& data, Place& place) {
  const ebm::io::ImageDataset images = images_for_levels(o, data);
  E model(energy_options_for(o, images), ebm::Rng{o.seed});
  return train_over_levels(o, data, images, model, loss_from_data<E>(o), ebm::Annealed<>(),
                           ebm::FromData(), ebm::KeepAllChains(), place);
}

/// Trains such an energy on, with persistent chains over its levels; see `train_over_levels`.
template <class E, class Place>
TrainingResult train_by_persistence(const TrainOptions& o, const TrainingData& data, E model,
                                    Place& place) {
  const PersistentOptions& p = o.persistent;
  const ebm::io::ImageDataset images = images_for_levels(o, data);
  const auto& energy = model.options();
  const ebm::PersistentAnnealing annealing(
      {.levels = ebm::power_levels(
           {.count = p.levels, .high = o.matching.levels.high, .low = energy.level}),
       .stay = p.stay,
       .steps = o.chains.steps,
       .step_size = p.step_size,
       .friction = p.friction,
       .batch = o.batch,
       .mean = energy.mean,
       .deviation = energy.deviation});
  const auto loss = loss_from_data<E>(o) + p.weight / pixels * ebm::LevelDivergence(annealing);
  return train_over_levels(o, data, images, model, loss, ebm::PersistentAnnealingSampler(annealing),
                           ebm::PersistentAnnealingStarts(annealing),
                           ebm::ReplaceLostChains(p.lost), place);
}

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
