// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdio>
#include <ebm/ebm.hpp>

using namespace ebm;

/// A layer of one's own: each channel times a learned number, y[c] = w[c] x[c].
///
/// input, output: any shape; a flat one has a channel for each feature
/// Source: Touvron et al., "Going Deeper with Image Transformers", 2021 (LayerScale); there w
/// starts near 0, here at 1.
struct ChannelScale {
  template <class In>
  struct Bind : LayerDefaults {
    using Output = In;
    static constexpr const char* name = "scale";  // the first one has "scale1.weight"
    static constexpr std::array parameters{
        LayerParameter{"weight", std::array{In::channels}, Initial::ones}};
    static constexpr int frozen_size = padded_to_packs(In::channels);
    static constexpr bool needs_input = true;  // parameter_gradient reads x
    template <class T>
    static void freeze(const T* w, T* frozen) noexcept {
      for (int c = 0; c < In::channels; ++c) frozen[c] = w[c];
    }
    template <class Number, class Epilogue>
    static void forward(const Forward<Number>& pass, const Epilogue& epilogue) noexcept {
      const auto x = kernels::elements_at(pass.x);
      for (int i = 0; i < In::size; ++i) {
        epilogue(PackOf<Number>(pass.frozen[i % In::channels]) * x[i], i * lanes);
      }
    }
    /// dx = w dy
    template <class Number, class Epilogue>
    static void input_gradient(const Backward<Number>& pass, const Epilogue& epilogue) noexcept {
      const auto dy = kernels::elements_at(pass.dy);
      for (int i = 0; i < In::size; ++i) {
        epilogue(PackOf<Number>(pass.frozen[i % In::channels]) * dy[i], i * lanes);
      }
    }
    /// dw = sum of dy x over positions and samples
    template <class Number>
    static void parameter_gradient(const Backward<Number>& pass, RealOf<Number>* dw) noexcept {
      const auto x = kernels::elements_at(pass.x), dy = kernels::elements_at(pass.dy);
      for (int i = 0; i < In::size; ++i) dw[i % In::channels] += sum_for_gradient(dy[i] * x[i]);
    }
  };
};

static_assert(Layer<ChannelScale, Shape<4, 6, 6>>);
using Network = Sequential<Shape<2, 4, 4>, Conv2d<3, Kernel<3>>, ChannelScale, Swish,  //
                           Flatten, Linear<1>>;

/// How far a slope is from the central difference of f(t) at 0.
double error_of(double slope, const auto& f) {
  return std::abs(slope / ((f(1e-5) - f(-1e-5)) / 2e-5) - 1);
}

int main() {
  Neural<Network, double> energy;
  const Samples<double> x = Samples<double>::Random(40, 32), u = Samples<double>::Random(40, 32);
  const Samples<double> p = Samples<double>::Random(2, Network::parameter_count);  // no w is 1
  Samples<double> gradient = p;
  const auto loss_at = [&](double t) {  // parameters along a line
    energy.change_parameters([&](auto q) {
      Eigen::Map<Samples<double>>(q.data(), 1, p.cols()) = p.row(0) + t * p.row(1);
    });
    LossGradient<double> loss;
    Serial serial;
    return loss(energy, ContrastiveDivergence(), x, u, serial, sample_of(gradient, 0)).loss.total;
  };
  loss_at(0);
  const double by_p = error_of(gradient.row(0).dot(p.row(1)), loss_at);
  const double by_x = error_of(energy_gradients(energy, x).cwiseProduct(u).sum(), [&](double t) {
    return energies(energy, Samples<double>(x + t * u)).sum();
  });
  std::printf("off finite differences by %.1e (inputs), %.1e (parameters)\n", by_x, by_p);
  return by_x < 1e-7 && by_p < 1e-7 ? 0 : 1;
}
