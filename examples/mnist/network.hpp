// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/add_condition.hpp>
#include <ebm/nn/conv2d.hpp>
#include <ebm/nn/element_layer.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/nn/pooling.hpp>
#include <ebm/nn/residual.hpp>
#include <ebm/nn/sequential.hpp>

namespace ebm_mnist {

/// The score network of the UvA deep learning course's Tutorial 8 (hidden_features = 32): 76,993
/// parameters.
using Network =
    ebm::Sequential<ebm::Shape<1, 28, 28>,                                             //
                    ebm::Conv2d<16, ebm::Kernel<5>, ebm::Stride<2>, ebm::Padding<4>>,  //
                    ebm::Swish,                                                        //
                    ebm::Conv2d<32, ebm::Kernel<3>, ebm::Stride<2>, ebm::Padding<1>>,  //
                    ebm::Swish,                                                        //
                    ebm::Conv2d<64, ebm::Kernel<3>, ebm::Stride<2>, ebm::Padding<1>>,  //
                    ebm::Swish,                                                        //
                    ebm::Conv2d<64, ebm::Kernel<3>, ebm::Stride<2>, ebm::Padding<1>>,  //
                    ebm::Swish,                                                        //
                    ebm::Flatten, ebm::Linear<64>, ebm::Swish, ebm::Linear<1>>;

/// A 3 x 3 convolution that keeps the image's size.
template <int Out>
using Conv3x3 = ebm::Conv2d<Out, ebm::Kernel<3>, ebm::Stride<1>, ebm::Padding<1>>;

/// A residual block of two 3 x 3 convolutions.
template <int Channels>
using Block = ebm::Residual<Conv3x3<Channels>, ebm::Swish, Conv3x3<Channels>>;

/// The same with half the rows and columns, which the shortcut averages before its convolution.
///
/// Source: He et al., "Bag of Tricks for Image Classification", 2019, ResNet-D.
template <int Channels>
using HalvingBlock = ebm::Residual<
    ebm::Shortcut<ebm::AveragePool<ebm::Kernel<2>>, ebm::Conv2d<Channels, ebm::Kernel<1>>>,  //
    ebm::Conv2d<Channels, ebm::Kernel<3>, ebm::Stride<2>, ebm::Padding<1>>,                  //
    ebm::Swish, Conv3x3<Channels>>;

/// A deeper score network: three residual blocks, 142,689 parameters, 3.7 times the
/// multiply-adds of the tutorial's and 3.6 times its Langevin step.
using ResidualNetwork =
    ebm::Sequential<ebm::Shape<1, 28, 28>,                                             //
                    ebm::Conv2d<16, ebm::Kernel<5>, ebm::Stride<2>, ebm::Padding<4>>,  //
                    ebm::Swish,                                                        //
                    Block<16>, ebm::Swish,                                             //
                    HalvingBlock<32>, ebm::Swish,                                      //
                    HalvingBlock<64>, ebm::Swish,                                      //
                    ebm::Flatten, ebm::Linear<64>, ebm::Swish, ebm::Linear<1>>;

/// A residual block of one 3 x 3 convolution that sees the noise level.
template <int Channels>
using LevelBlock = ebm::Residual<ebm::Swish, Conv3x3<Channels>, ebm::AddCondition>;

/// A convolution to half the rows and columns that sees the noise level.
template <int Channels>
using HalvingLayer = ebm::Conv2d<Channels, ebm::Kernel<3>, ebm::Stride<2>, ebm::Padding<1>>;

/// Scores of the means of all positions' channels, which are added to those of the layers beside
/// them.
template <int Outputs>
using MeanHead = ebm::Shortcut<ebm::Swish, ebm::GlobalAveragePool, ebm::Linear<Outputs>>;

/// Pre-activation residual blocks that all see the noise level, and heads at half and a quarter of
/// the size.
template <int Outputs>
using LevelNetwork = ebm::Sequential<
    ebm::Conditioned<ebm::Shape<1, 28, 28>, ebm::Shape<9>>,
    ebm::Conv2d<32, ebm::Kernel<5>, ebm::Stride<2>, ebm::Padding<2>>,  //
    ebm::AddCondition, LevelBlock<32>,                                 //
    ebm::Residual<MeanHead<Outputs>,                                   //
                  ebm::Swish, HalvingLayer<64>, ebm::AddCondition,     //
                  LevelBlock<64>, LevelBlock<64>,                      //
                  ebm::Residual<MeanHead<Outputs>,                     //
                                ebm::Swish, HalvingLayer<96>,          //
                                ebm::AddCondition, LevelBlock<96>,     //
                                ebm::Swish, ebm::Flatten,              //
                                ebm::Linear<128>, ebm::AddCondition,   //
                                ebm::Residual<ebm::Swish, ebm::Linear<128>, ebm::AddCondition>,
                                ebm::Swish, ebm::Linear<Outputs>>>>;

/// The score network of the recipe matching: 461,379 parameters, 10 times the multiply-adds of the
/// tutorial's.
using MatchingNetwork = LevelNetwork<1>;

/// That of the recipe joint, with a logit for each digit.
using JointNetwork = LevelNetwork<10>;

/// What the judge of digits is made of: three convolutions, 64 features of an image, and `Head`.
template <class... Head>
using JudgeNetwork =
    ebm::Sequential<ebm::Shape<1, 28, 28>,                                             //
                    ebm::Conv2d<32, ebm::Kernel<5>, ebm::Stride<1>, ebm::Padding<2>>,  //
                    ebm::Swish, ebm::AveragePool<ebm::Kernel<2>>,                      //
                    Conv3x3<64>, ebm::Swish, ebm::AveragePool<ebm::Kernel<2>>,         //
                    Conv3x3<64>, ebm::Swish,                                           //
                    ebm::Flatten, ebm::Linear<64>, ebm::Swish, Head...>;

/// A logit for each digit: 257,674 parameters.
using JudgeLogits = JudgeNetwork<ebm::Linear<10>>;

/// All of it but the last layer; its parameters are the first ones of `JudgeLogits`.
using JudgeFeatures = JudgeNetwork<>;

}  // namespace ebm_mnist
