// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/loss/contrastive_divergence.hpp>
#include <ebm/optim/adam.hpp>
#include <ebm/optim/clip.hpp>
#include <ebm/optim/schedule.hpp>
#include <ebm/sampler/langevin.hpp>
#include <ebm/sampler/replay_buffer.hpp>

namespace ebm::inline EBM_ABI {

/// Everything that decides how a model is trained; the defaults are the UvA tutorial's recipe.
///
/// Behaviour is chosen by the types, numbers by the members:
/// `Recipe recipe{.sampler = Langevin{{.steps = 20}}, .epochs = 3};`
template <class SamplerType = Langevin<>, class LossType = ContrastiveDivergence<>,
          class OptimizerType = Adam<>, class ClipType = GlobalNormClip,
          class ScheduleType = StepDecay>
struct Recipe {
  SamplerType sampler{};
  ReplayBufferOptions buffer{};
  LossType loss{};
  OptimizerType optimizer{};
  ClipType gradient_clip{};
  ScheduleType schedule{};
  int epochs = 60;            ///< >= 0
  int batch = 128;            ///< data samples of a step, and as many chains; >= 1
  double data_noise = 0.005;  ///< deviation of the noise that each data sample gets, >= 0
  bool shuffle = true;        ///< a new order of the data in each epoch
  int limit_batches = 0;      ///< steps of an epoch at most; 0: all
  Rng rng{};
};

}  // namespace ebm::inline EBM_ABI
