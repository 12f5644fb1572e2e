// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/autodiff/var.hpp>
#include <ebm/core/aligned.hpp>
#include <ebm/core/block.hpp>
#include <ebm/nn/frozen.hpp>
#include <span>
#include <vector>

/// What a network makes of samples, and the gradients of sum(gy * y) for weights gy.
template <class T>
struct NetworkPasses {
  ebm::Samples<T> y;
  ebm::Samples<T> gx;                 ///< zero unless asked for
  std::vector<T> parameter_gradient;  ///< zero unless asked for
};

/// Runs `Net` forward and backward over samples, a block at a time.
///
/// x: [sample][input feature]; gy: [sample][output feature]
template <class Net, ebm::Wrt W = ebm::Wrt::both, class T>
NetworkPasses<T> run_network(std::span<const T> parameters, const ebm::Samples<T>& x,
                             const ebm::Samples<T>& gy) {
  using Input = typename Net::Input;
  using Output = typename Net::Output;
  const ebm::Frozen<Net, ebm::PrecisionOf<T>> frozen(parameters.data());

  NetworkPasses<T> passes{ebm::Samples<T>(gy.rows(), gy.cols()),
                          ebm::Samples<T>::Zero(x.rows(), x.cols()),
                          std::vector<T>(parameters.size())};
  ebm::Tape<T, W> tape;
  tape.set_parameter_gradient(passes.parameter_gradient);
  for (int block = 0; block < ebm::block_count(x.rows()); ++block) {
    tape.clear();
    ebm::Pack<T>* values = tape.allocate(Input::size);
    ebm::load_block<Input, T>(x, block, values);
    const auto input = tape.template input<Input>(values);
    const auto output = Net::apply(frozen.weights(), input);
    ebm::store_block<Output, T>(output.data(), block, passes.y);
    if constexpr (W != ebm::Wrt::nothing) {
      // Lanes without a sample must add nothing to the parameter gradient.
      T* adjoint = reinterpret_cast<T*>(output.adjoint_data());
      ebm::load_block<Output, T>(gy, block, output.adjoint_data());
      for (int i = 0; i < Output::size; ++i) {
        for (int lane = ebm::block_fill(x.rows(), block); lane < ebm::lanes; ++lane) {
          adjoint[i * ebm::lanes + lane] = 0;
        }
      }
      tape.backward(output[0], ebm::Pack<T>(0));
      if constexpr (ebm::wants_inputs(W)) {
        ebm::store_block<Input, T>(input.adjoint_data(), block, passes.gx);
      }
    }
  }
  if constexpr (ebm::wants_parameters(W)) {
    frozen.finish_gradient(parameters.data(), passes.parameter_gradient.data());
  }
  return passes;
}

/// What a network and its gradients become along directions `v` of its inputs: their derivatives.
template <class T>
struct NetworkTangents {
  ebm::Samples<T> y;
  ebm::Samples<T> gx;
  std::vector<T> parameter_gradient;
};

/// Runs `Net` on dual numbers.
///
/// x, v: [sample][input feature], at most a block; gy: [sample][output feature]
template <class Net, class T>
NetworkTangents<T> run_network_along(std::span<const T> parameters, const ebm::Samples<T>& x,
                                     const ebm::Samples<T>& v, const ebm::Samples<T>& gy) {
  using Input = typename Net::Input;
  using Output = typename Net::Output;
  using P = ebm::Dual<ebm::Pack<T>>;
  const ebm::Frozen<Net, ebm::PrecisionOf<T>> frozen(parameters.data());
  NetworkTangents<T> tangents{ebm::Samples<T>(gy.rows(), gy.cols()),
                              ebm::Samples<T>(x.rows(), x.cols()),
                              std::vector<T>(parameters.size())};
  ebm::Tape<ebm::WithTangent<T>, ebm::Wrt::both> tape;
  tape.set_parameter_gradient(tangents.parameter_gradient);
  ebm::AlignedVector<ebm::Pack<T>> room(2 * std::max(Input::size, Output::size));
  ebm::load_block<Input, T>(x, 0, room.data());
  ebm::load_block<Input, T>(v, 0, room.data() + Input::size);
  P* const values = tape.allocate(Input::size);
  for (std::size_t i = 0; i < Input::size; ++i) values[i] = P(room[i], room[i + Input::size]);
  const auto input = tape.template input<Input>(values);
  const auto output = Net::apply(frozen.weights(), input);
  const auto store_tangents = [&]<class S>(S, const P* from, ebm::Samples<T>& to) {
    for (std::size_t i = 0; i < S::size; ++i) room[i] = from[i].tangent;
    ebm::store_block<S, T>(room.data(), 0, to);
  };
  store_tangents(Output{}, output.data(), tangents.y);
  ebm::load_block<Output, T>(gy, 0, room.data());
  T* const adjoint = reinterpret_cast<T*>(room.data());
  for (int i = 0; i < Output::size; ++i) {
    for (int lane = static_cast<int>(x.rows()); lane < ebm::lanes; ++lane) {
      adjoint[i * ebm::lanes + lane] = 0;  // lanes without a sample add nothing
    }
    output.adjoint_data()[i] = P(room[static_cast<std::size_t>(i)]);
  }
  tape.backward(output[0], P(T(0)));
  store_tangents(Input{}, input.adjoint_data(), tangents.gx);
  return tangents;
}
