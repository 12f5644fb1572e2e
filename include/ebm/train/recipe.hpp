// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/loss/contrastive_divergence.hpp>
#include <ebm/optim/adam.hpp>
#include <ebm/optim/average.hpp>
#include <ebm/optim/clip.hpp>
#include <ebm/optim/schedule.hpp>
#include <ebm/sampler/langevin.hpp>
#include <ebm/sampler/starts.hpp>
#include <ebm/train/chain_guard.hpp>

namespace ebm::inline EBM_ABI {

/// Everything that decides how a model is trained; the defaults are the UvA tutorial's recipe.
///
/// Behaviour is chosen by the types, numbers by the members:
/// `Recipe recipe{.sampler = Langevin{{.step_size = 5}}, .steps = 20, .epochs = 3};`
/// A recipe never changes: what training changes is in the `Trainer`.
template <class SamplerType = Langevin<>, class StartsType = FromReplayBuffer,
          class LossType = ContrastiveDivergence<>, class OptimizerType = Adam<>,
          class ClipType = GlobalNormClip, class ScheduleType = StepDecay,
          class AveragingType = NoAverage, class ChainGuardType = KeepAllChains>
struct Recipe {
  SamplerType sampler{};  ///< moves the chains: a `Transition`
  int steps = 60;         ///< of each chain, K >= 0
  StartsType starts{};    ///< where chains begin: a `StartPolicy`
  LossType loss{};
  OptimizerType optimizer{};
  ClipType gradient_clip{};
  ScheduleType schedule{};
  AveragingType averaging{};     ///< of what `Trainer::model` hands out: an `AveragingPolicy`
  ChainGuardType chain_guard{};  ///< of chains that explode: a `ChainGuard`
  int epochs = 60;               ///< >= 0
  int batch = 128;               ///< data samples of an iteration, and as many chains; >= 1
  double data_noise = 0.005;     ///< deviation of the noise that each data sample gets, >= 0
  bool shuffle = true;           ///< a new order of the data in each epoch
  int limit_batches = 0;         ///< iterations of an epoch at most; 0: all
  Rng rng{};
};

}  // namespace ebm::inline EBM_ABI
