// SPDX-License-Identifier: MIT
#include <torch/torch.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

/// Times one work in LibTorch, PyTorch's C++ interface; prints {"version": ..., "ms": ...}.
///
/// Usage: ebm-peer-libtorch WORK BATCH THREADS SECONDS, with WORK one of langevin_step, gradient
/// and scoring: that of our benchmark of the same name, with the network's activation SiLU.
namespace {

using torch::nn::Conv2d;
using torch::nn::Conv2dOptions;
using torch::nn::Linear;
using torch::nn::SiLU;

torch::nn::Sequential network() {
  const auto halve = [](int in, int out, int kernel, int padding) {
    return Conv2d(Conv2dOptions(in, out, kernel).stride(2).padding(padding));
  };
  torch::nn::Sequential net(halve(1, 16, 5, 4), SiLU(), halve(16, 32, 3, 1), SiLU(),
                            halve(32, 64, 3, 1), SiLU(), halve(64, 64, 3, 1), SiLU(),
                            torch::nn::Flatten(), Linear(256, 64), SiLU(), Linear(64, 1));
  for (auto& parameter : net->parameters()) parameter.requires_grad_(false);
  return net;
}

torch::Tensor noise_images(int batch) {
  return torch::rand({batch, 1, 28, 28}) * 2 - 1;
}

void run_chains(torch::nn::Sequential& net, torch::Tensor& chains, int steps) {
  auto noise = torch::empty_like(chains);
  chains.requires_grad_(true);
  for (int step = 0; step < steps; ++step) {
    {
      const torch::NoGradGuard guard;
      noise.normal_(0, 0.005);
      chains.add_(noise).clamp_(-1, 1);
    }
    (-net->forward(chains)).sum().backward();
    const torch::NoGradGuard guard;
    chains.sub_(10 * chains.grad().clamp_(-0.03, 0.03)).clamp_(-1, 1);
    chains.mutable_grad().zero_();
  }
  chains.requires_grad_(false);
}

struct Work {
  std::function<void()> run;
  int count;  ///< what one run counts for
};

Work make_work(const std::string& name, int batch) {
  auto net = network();
  auto images = noise_images(batch);
  if (name == "langevin_step") {
    return {[=]() mutable { run_chains(net, images, 60); }, 60};
  }
  if (name == "gradient") {
    images.requires_grad_(true);
    return {[=]() mutable {
              images.mutable_grad() = torch::Tensor();
              (-net->forward(images)).sum().backward();
            },
            1};
  }
  if (name == "scoring") {
    return {[=]() mutable {
              const torch::NoGradGuard guard;
              net->forward(images);
            },
            1};
  }
  return {};
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  const Work work = argc == 5 ? make_work(argv[1], std::atoi(argv[2])) : Work{};
  if (!work.run) {
    std::fputs("usage: ebm-peer-libtorch langevin_step|gradient|scoring BATCH THREADS SECONDS\n",
               stderr);
    return 2;
  }
  torch::set_num_threads(std::atoi(argv[3]));
  work.run();
  int runs = 0;
  const auto start = std::chrono::steady_clock::now();
  do {
    work.run();
    ++runs;
  } while (seconds_since(start) < std::atof(argv[4]));
  std::printf(R"({"version": "%s", "features": "as PyTorch", "ms": %.9g})", TORCH_VERSION,
              1e3 * seconds_since(start) / (runs * work.count));
  std::puts("");
}
