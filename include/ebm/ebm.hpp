// SPDX-License-Identifier: MIT
#pragma once

/// The whole library but file formats (`ebm/io/io.hpp`).

#include <ebm/core/instruction_set.hpp>
#include <ebm/core/version.hpp>
#include <ebm/energy/analytic.hpp>
#include <ebm/energy/combine.hpp>
#include <ebm/energy/conditions.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/energy/expression.hpp>
#include <ebm/energy/likelihood.hpp>
#include <ebm/energy/neural.hpp>
#include <ebm/energy/second_order.hpp>
#include <ebm/eval/auroc.hpp>
#include <ebm/eval/corruptions.hpp>
#include <ebm/eval/psnr.hpp>
#include <ebm/loss/denoising_score_matching.hpp>
#include <ebm/nn/add_condition.hpp>
#include <ebm/nn/concat.hpp>
#include <ebm/nn/conv2d.hpp>
#include <ebm/nn/element_layer.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/nn/normalization.hpp>
#include <ebm/nn/pooling.hpp>
#include <ebm/nn/residual.hpp>
#include <ebm/nn/self_attention.hpp>
#include <ebm/nn/sequential.hpp>
#include <ebm/nn/softmax.hpp>
#include <ebm/nn/spectral_norm.hpp>
#include <ebm/nn/upsample.hpp>
#include <ebm/parallel/executor.hpp>
#include <ebm/parallel/threads.hpp>
#include <ebm/sampler/mala.hpp>
#include <ebm/train/callback.hpp>
#include <ebm/train/early_stop.hpp>
#include <ebm/train/generate.hpp>
#include <ebm/train/guard/divergence_guard.hpp>
#include <ebm/train/guard/rising_divergence.hpp>
#include <ebm/train/guard/saturated_chains.hpp>
#include <ebm/train/guard/scores.hpp>
#include <ebm/train/trainer.hpp>
#include <ebm/train/validation.hpp>
