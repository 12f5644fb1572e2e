// SPDX-License-Identifier: MIT
#pragma once

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

}  // namespace ebm_mnist
