// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <ebm/core/block.hpp>
#include <ebm/nn/conv2d.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/nn/pooling.hpp>
#include <ebm/optim/clip.hpp>
#include <ebm/sampler/policies.hpp>
#include <ebm/simt/chains.hpp>
#include <ebm/simt/correlate.hpp>
#include <ebm/simt/network.hpp>
#include <ebm/simt/optimize.hpp>
#include <ebm/simt/parameter_gradient.hpp>
#include <ebm/simt/replay_buffer.hpp>

#include "support/catch.hpp"
#include "support/random_samples.hpp"
#include "support/thread_writes.hpp"

using namespace ebm;
using simt::group_count;
using simt::warp_lanes;

namespace {

/// Counts who is written, by whatever thread.
struct Count {
  int* writes;

  template <class V>
  void operator()(const V&, int offset) const noexcept {
    ++writes[offset];
  }
  [[nodiscard]] Count at(std::ptrdiff_t first) const noexcept { return {writes + first}; }
};

/// A machine that counts how often each output of a launch is written.
struct CountingMachine {
  template <class K>
  void launch(const K& kernel) const {
    for_each_thread(kernel, [](const auto& run) { run(); });
  }
};

std::size_t lanes_of(int batch, int size) {
  return static_cast<std::size_t>(group_count(batch) * warp_lanes * size);
}

template <class Layer>
void check_layer(int batch) {
  using In = typename Layer::Input;
  using Out = typename Layer::Output;
  CountingMachine machine;
  simt::PassMemory<float> nothing{nullptr, nullptr};
  const simt::OnMachine<float, CountingMachine, Wrt::inputs> run{machine, nothing,
                                                                 group_count(batch)};
  const std::vector<float> x(lanes_of(batch, In::size)), dy(lanes_of(batch, Out::size)),
      frozen(static_cast<std::size_t>(Layer::frozen_size));
  std::vector<int> forward(dy.size()), backward(x.size());
  run.template forward<Layer>(Forward<float>{x.data(), nullptr, frozen.data(), nullptr},
                              Count{forward.data()});
  run.template input_gradient<Layer, 0, Layer::Input::size>(
      Backward<float>{dy.data(), nullptr, nullptr, frozen.data(), nullptr, nullptr},
      Count{backward.data()});
  CHECK(std::ranges::count(forward, 1) == std::ssize(forward));
  CHECK(std::ranges::count(backward, 1) == std::ssize(backward));
}

template <class L, class In>
struct Bound : L::template Bind<In> {
  using Input = In;
};

/// Threads write what they must once, and nothing behind it.
template <class K, class T>
void check_written_once(const K& kernel, std::vector<T>& out, std::size_t expected) {
  const std::vector<int> writes = thread_writes(kernel, std::span<T>(out));
  const auto end = writes.begin() + static_cast<std::ptrdiff_t>(expected);
  CHECK(std::count(writes.begin(), end, 1) == std::ssize(writes) - (writes.end() - end));
  CHECK(std::count(end, writes.end(), 0) == writes.end() - end);
}

constexpr int batches[] = {1, 31, 32, 33, 1000};
constexpr std::size_t guard = 7;  // elements behind the end that nobody may touch

}  // namespace

TEST_CASE("every output of a layer has one thread") {
  for (const int batch : batches) {
    CAPTURE(batch);
    check_layer<Bound<Conv2d<5, Kernel<5>, Stride<2>, Padding<4>>, Shape<1, 7, 5>>>(batch);
    check_layer<Bound<Conv2d<17, Kernel<3>, Stride<1>, Padding<1>>, Shape<3, 4, 9>>>(batch);
    check_layer<Bound<Conv2d<3, Kernel<2, 1>, Stride<3, 2>>, Shape<2, 8, 5>>>(batch);
    check_layer<Bound<Conv2d<2, Kernel<1>, Stride<3>>, Shape<4, 7, 4>>>(batch);
    check_layer<Bound<Linear<19>, Shape<33>>>(batch);
    check_layer<Bound<Linear<1>, Shape<1>>>(batch);
    check_layer<AveragePool<Kernel<3>, Stride<2>>::Bind<Shape<2, 7, 6>>>(batch);
    check_layer<detail::PassThrough::Bind<Shape<5>>>(batch);
  }
}

TEST_CASE("weights too many for shared memory are read where they are") {
  // Two rows of a channel's weights: 9 * 1500 floats are more than 48 KiB.
  using Layer = Bound<Conv2d<2, Kernel<3>, Stride<1>, Padding<1>>, Shape<1500, 2, 2>>;
  constexpr auto c = simt::ThreadTiles<Layer>::forward;
  const simt::Correlate<float, Count, Layer::Output::size, c> kernel{nullptr, nullptr, nullptr,
                                                                     Count{nullptr}, 1};
  CHECK(kernel.grid().shared == 0);
  check_layer<Layer>(33);
}

TEST_CASE("every element of a chain has one thread") {
  for (const int batch : batches) {
    CAPTURE(batch);
    const auto check = [&]<int Size>(std::integral_constant<int, Size>) {
      const LangevinOptions options;
      const simt::DrawNumbers draws{{1, 2}, 100};
      std::vector<float> x(lanes_of(batch, Size) + guard, 0.5f);
      const simt::Advance<float, GaussianNoise, ClipElements<float>, Box<float>, Size> kernel{
          x.data(),
          nullptr,
          10.0f,
          ClipElements<float>(options),
          Box<float>(options),
          0.1f,
          &draws,
          3,
          group_count(batch)};
      check_written_once(kernel, x, x.size() - guard);
    };
    check(std::integral_constant<int, 1>{});
    check(std::integral_constant<int, 4>{});
    check(std::integral_constant<int, 11>{});
  }
}

TEST_CASE("every parameter gradient of every block has one thread") {
  using Layer = Conv2d<19, Kernel<3, 2>, Stride<2, 1>, Padding<1>>::Bind<Shape<2, 5, 4>>;
  constexpr kernels::Convolution c = Layer::convolution;
  constexpr int parameters = Layer::weight_count + Layer::bias_count;
  for (const int batch : {1, 15, 16, 17, 33}) {
    CAPTURE(batch);
    const int blocks = block_count(batch);
    const simt::SampleBlocks samples{blocks, 2 * blocks, group_count(batch)};
    const std::size_t lane_groups = 2 * lanes_of(batch, 1);
    const auto x = random_values<float>(lane_groups * 2 * 5 * 4, 1);
    const auto dy = random_values<float>(lane_groups * c.positions() * c.outputs, 2);
    const auto all_transposed = static_cast<std::size_t>(samples.blocks * c.transposed_size());
    std::vector<float> transposed(all_transposed + guard, 9);
    check_written_once(simt::TransposeAdjoints<float, c>{dy.data(), transposed.data(), samples},
                       transposed, all_transposed);

    const auto adjoints = random_values<float>(all_transposed, 3);
    std::vector<float> gradient(static_cast<std::size_t>(samples.blocks * parameters) + guard, 9);
    auto writes =
        thread_writes(simt::WeightGradient<float, c>{x.data(), adjoints.data(), gradient.data(),
                                                     parameters, samples},
                      std::span<float>(gradient));
    const auto bias_writes = thread_writes(
        simt::BiasGradient<float, c>{adjoints.data(), gradient.data() + Layer::weight_count,
                                     parameters, samples},
        std::span<float>(gradient));
    for (std::size_t i = 0; i < writes.size(); ++i) writes[i] += bias_writes[i];
    CHECK(std::count(writes.begin(), writes.end(), 1) == samples.blocks * parameters);
    CHECK(std::count(writes.begin(), writes.end(), 0) == std::ptrdiff_t{guard});

    std::vector<float> sum(parameters + guard, 9);
    check_written_once(
        simt::AddBlocks<float>{gradient.data(), sum.data(), parameters, samples.blocks}, sum,
        parameters);
  }
}

TEST_CASE("every sample, parameter and frozen weight has one thread") {
  using S = Shape<3, 5, 2>;
  for (const int batch : batches) {
    CAPTURE(batch);
    const auto count = static_cast<std::size_t>(batch);
    const auto samples = random_values<float>(count * S::size, 1);
    const auto kept = random_values<float>(2 * count * S::size, 2);
    std::vector<int> places(count);
    for (std::size_t i = 0; i < count; ++i) places[i] = static_cast<int>(2 * count - 1 - i);
    std::vector<float> lanes_out(lanes_of(batch, S::size) + guard, 9);
    check_written_once(simt::LoadSamples<float, S>{samples.data(), lanes_out.data(), batch},
                       lanes_out, lanes_out.size() - guard);
    auto starts = places;
    for (std::size_t i = 0; i < count / 2; ++i) starts[i] = -1;
    check_written_once(simt::DrawChains<float, S>{kept.data(), starts.data(), lanes_out.data(),
                                                  batch, PhiloxKey{1, 2}, 3, -1, 1},
                       lanes_out, lanes_out.size() - guard);

    std::vector<float> stored(2 * count * S::size, 9);
    const auto in_lanes = random_values<float>(lanes_of(batch, S::size), 4);
    const auto writes = thread_writes(
        simt::StoreSamples<float, S>{in_lanes.data(), stored.data(), places.data(), batch},
        std::span<float>(stored));
    const auto half = writes.begin() + static_cast<std::ptrdiff_t>(count * S::size);
    CHECK(std::count(writes.begin(), half, 0) == half - writes.begin());
    CHECK(std::count(half, writes.end(), 1) == writes.end() - half);
  }

  using Layer = Conv2d<5, Kernel<3, 2>, Stride<2, 1>, Padding<1>>::Bind<Shape<3, 5, 4>>;
  constexpr std::size_t weights = Layer::weight_count;
  const auto parameters = random_values<float>(weights + 5, 1);
  std::vector<float> frozen(static_cast<std::size_t>(Layer::frozen_size) + guard, 9);
  const auto writes = thread_writes(simt::Freeze<float, Layer>{parameters.data(), frozen.data()},
                                    std::span<float>(frozen));
  const auto sum = [&](std::size_t first, std::size_t count) {
    const auto begin = writes.begin() + static_cast<std::ptrdiff_t>(first);
    return std::count(begin, begin + static_cast<std::ptrdiff_t>(count), 1);
  };
  CHECK(sum(0, weights) == weights);
  CHECK(sum(Layer::bias_offset, 5) == 5);
  CHECK(sum(Layer::gradient_offset, weights) == weights);
  CHECK(std::ranges::count(writes, 0) + 2 * std::ptrdiff_t{weights} + 5 == std::ssize(writes));

  constexpr int count = 1000;
  std::vector<float> p(count + guard, 9), m(count + guard, 0.5f), v(count + guard, 0.5f),
      g(count + guard, 0.25f);
  const kernels::AdamStep<float> step{0.9f, 0.1f, 0.99f, 0.01f, 0.1f, 1.0f, 1e-8f};
  const simt::AdamUpdate<float> adam{step, p.data(), g.data(), m.data(), v.data(), count};
  check_written_once(adam, p, count);
  std::vector<double> sums(1024 + guard, -1);
  check_written_once(simt::SquareSums<float>{g.data(), count, sums.data(), 1024}, sums, 1024);
  for_each_thread(simt::SquareSums<float>{g.data(), count, sums.data(), lanes},
                  [](const auto& run) { run(); });
  double norm = -1;
  check_written_once(simt::ClipNorm<float, GlobalNormClip>{g.data(), count, sums.data(),
                                                           GlobalNormClip(0.1), &norm},
                     g, count);
  CHECK(norm == Approx(0.25 * std::sqrt(count)));
}
