// SPDX-License-Identifier: MIT
// All that a network named by NETWORK is compiled for: sampling, training and scoring.
#include <ebm/energy/neural.hpp>
#include <ebm/loss/contrastive_divergence.hpp>
#include <ebm/loss/loss_gradient.hpp>
#include <ebm/nn/conv2d.hpp>
#include <ebm/nn/element_layer.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/nn/pooling.hpp>
#include <ebm/nn/residual.hpp>
#include <ebm/sampler/langevin.hpp>
#include <ebm/sampler/run_chains.hpp>

using namespace ebm;

template <int Out>
using Conv3x3 = Conv2d<Out, Kernel<3>, Stride<1>, Padding<1>>;
template <int Out>
using Halving3x3 = Conv2d<Out, Kernel<3>, Stride<2>, Padding<1>>;
template <int Channels>
using Block = Residual<Conv3x3<Channels>, Swish, Conv3x3<Channels>>;
template <int Channels>
using HalvingBlock = Residual<Shortcut<AveragePool<Kernel<2>>, Conv2d<Channels, Kernel<1>>>,
                              Halving3x3<Channels>, Swish, Conv3x3<Channels>>;

using Network = NETWORK;

int main() {
  Neural<Network> energy;
  Samples<float> samples = Samples<float>::Zero(16, Network::Input::size);
  Serial executor;
  run_chains(Langevin<>(), energy, samples);
  LossGradient<float> loss_gradient;
  std::vector<float> gradient(energy.parameters().size());
  loss_gradient(energy, ContrastiveDivergence(), samples, samples, executor,
                std::span<float>(gradient));
  return energies(energy, samples).allFinite() ? 0 : 1;
}
