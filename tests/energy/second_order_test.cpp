// SPDX-License-Identifier: MIT
#include <ebm/energy/analytic.hpp>
#include <ebm/energy/combine.hpp>
#include <ebm/energy/expression.hpp>
#include <ebm/energy/likelihood.hpp>
#include <ebm/energy/neural.hpp>
#include <ebm/energy/second_order.hpp>
#include <ebm/nn/conv2d.hpp>
#include <ebm/nn/element_layer.hpp>
#include <ebm/nn/linear.hpp>
#include <ebm/nn/pooling.hpp>
#include <ebm/nn/residual.hpp>
#include <ebm/nn/spectral_norm.hpp>
#include <ebm/parallel/threads.hpp>

#include "support/catch.hpp"
#include "support/finite_differences.hpp"
#include "support/message.hpp"
#include "support/random_samples.hpp"
#include "support/relative_error.hpp"

using namespace ebm;

namespace {

/// Checks Hessian-vector products and slopes of an energy against differences of its gradients.
template <class E>
void check_hessian(const E& energy, const Samples<double>& x) {
  constexpr double h = 1e-5;
  const auto v = random_samples<double>(static_cast<int>(x.rows()), static_cast<int>(x.cols()), 7);
  const Samples<double> above = energy_gradients(energy, x + h * v),
                        below = energy_gradients(energy, x - h * v);
  CHECK(relative_error(hessian_vector_product(energy, x, v), ((above - below) / (2 * h)).eval()) <
        1e-6);
  const Eigen::VectorXd slopes = energy_gradients(energy, x).cwiseProduct(v).rowwise().sum();
  CHECK(relative_error(slopes_along(energy, x, v), slopes) < 1e-12);
}

template <class E>
void check_parameter_gradient(E& energy, const Samples<double>& x) {
  const auto v = random_samples<double>(static_cast<int>(x.rows()), static_cast<int>(x.cols()), 7);
  const auto gradient = parameter_gradient_of_slopes(energy, x, v);
  CHECK(relative_error(gradient, central_differences(energy, [&] {
                         return slopes_along(energy, x, v).sum();
                       })) < 1e-6);
}

using Images =
    Sequential<Shape<2, 6, 5>, Conv2d<4, Kernel<3>, Stride<2>, Padding<1>>, Gelu,
               Residual<Conv2d<4, Kernel<3>, Stride<1>, Padding<1>>, Tanh, Conv2d<4, Kernel<1>>>,
               Softplus,
               Residual<Shortcut<AveragePool<Kernel<3>>>, Conv2d<4, Kernel<3>, Stride<2>>>, Elu,
               Flatten, SpectralNorm<Linear<3>, 1000>, Swish, Linear<1>>;

}  // namespace

TEST_CASE("Hessian-vector products of closed forms and formulas are differences of gradients") {
  const auto x = random_samples<double>(20, 3, 1);
  check_hessian(Gaussian<3>({0.3, -0.2, 0}, {0.5, 2, 1}), x);
  check_hessian(GaussianMixture<3>({{1, {-1, 0, 1}}, {2, {0.5, 0.5, 0}}}, 0.7), x);
  check_hessian(DoubleWell<3>(1.5), x);
  check_hessian(expression<Shape<3>>([](const auto& z) {
                  return square(z[0]) * sin(z[1]) + log(square(z[1]) + 1.0) / (exp(z[0]) + 2.0) +
                         gelu(z[0] * z[1]) + sqrt(square(z[2]) + 1.0) + tanh(z[0]) * abs(z[2]) -
                         elu(z[1]) + softplus(z[2]) * sigmoid(z[0]) + cos(z[1]);
                }),
                x);
}

TEST_CASE("the Hessian of a Gaussian is its precision, whatever the threads") {
  const Gaussian<2> energy({1.0, -1.0}, {0.5, 2.0});
  const auto x = random_samples<float>(40, 2, 1), v = random_samples<float>(40, 2, 2);
  Samples<float> expected = v;
  expected.col(0) *= 4;
  expected.col(1) /= 4;
  CHECK(hessian_vector_product(energy, x, v).isApprox(expected, 1e-6f));
  Threads threads(3);
  CHECK(hessian_vector_product(energy, x, v, threads) == hessian_vector_product(energy, x, v));
}

TEST_CASE("Hessian-vector products of networks, sums and observed rows are differences too") {
  Neural<Images, double> network(Rng{1});
  const auto x = random_samples<double>(20, 60, 1);
  check_hessian(network, x);
  check_hessian(2 * reference(network) * reference(network) +
                    GaussianLikelihood<Images::Input>(random_samples<double>(20, 60, 3), 0.8),
                x);
}

TEST_CASE("slopes have parameter gradients, of networks, formulas and sums") {
  Neural<Images, double> network(Rng{1});
  const auto x = random_samples<double>(19, 60, 1);
  check_parameter_gradient(network, x);
  auto formula = expression<Shape<60>>(
      [](const auto& z, const auto& theta) {
        return theta[0] * square(z[0]) * z[7] + sin(theta[1] * z[3]);
      },
      std::array{0.7, -0.3});
  check_parameter_gradient(formula, x);
  using Small = Neural<Sequential<Shape<60>, Linear<3>, Swish, Linear<1>>, double>;
  auto sum = Small(Rng{2}) * formula + Small(Rng{3});
  check_parameter_gradient(sum, x);
}

TEST_CASE("directions that don't fit are refused") {
  const Samples<double> x = Samples<double>::Zero(3, 2);
  CHECK(message_of<InvalidArgument>([&] {
          (void)hessian_vector_product(Gaussian<2>(), x, Samples<double>::Zero(2, 2));
        }) == "hessian_vector_product: 3 samples expect as many directions, got 2");
  CHECK(message_of<InvalidArgument>([&] {
          (void)slopes_along(Gaussian<2>(), x, Samples<double>::Zero(3, 5));
        }) == "slopes_along: the energy expects 2 features a sample, got 5");
}

TEST_CASE("second derivatives name a parameter that is not finite") {
  using Net = Sequential<Shape<2>, Linear<3>, Relu, Linear<1>>;  // Relu would hide it
  Neural<Net, double> model;
  model.change_parameters([](auto parameters) { parameters[4] = std::nan(""); });
  const Samples<double> x = Samples<double>::Zero(3, 2);
  const auto message = [](const auto& f) { return message_of<InvalidArgument>(f); };
  const std::string bad =
      ": number 4 of parameter 'linear1.weight' is nan, expected a finite number";
  CHECK(message([&] { (void)slopes_along(model, x, x); }) == "slopes_along" + bad);
  CHECK(message([&] { (void)hessian_vector_product(model, x, x); }) ==
        "hessian_vector_product" + bad);
  CHECK(message([&] { (void)parameter_gradient_of_slopes(model, x, x); }) ==
        "parameter_gradient_of_slopes" + bad);
}
