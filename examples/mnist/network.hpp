// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/conv2d.hpp>
#include <ebm/nn/flatten.hpp>
#include <ebm/nn/linear.hpp>
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

}  // namespace ebm_mnist
