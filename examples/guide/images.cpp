// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstdlib>
#include <ebm/ebm.hpp>
#include <ebm/io/io.hpp>
#include <ebm/log/log.hpp>
#include <filesystem>

using namespace ebm;

// Grey images of 28 x 28 pixels; strides take the place of pooling.
using Network = Sequential<Shape<1, 28, 28>,                                     //
                           Conv2d<16, Kernel<5>, Stride<2>, Padding<2>>, Swish,  // 14 x 14
                           Residual<Conv2d<16, Kernel<3>, Padding<1>>, Swish,    //
                                    Conv2d<16, Kernel<3>, Padding<1>>>,
                           Swish,                                                //
                           Conv2d<32, Kernel<3>, Stride<2>, Padding<1>>, Swish,  // 7 x 7
                           Conv2d<32, Kernel<3>, Stride<2>, Padding<1>>, Swish,  // 4 x 4
                           Flatten, Linear<64>, Swish, Linear<1>>;

/// Trains the network on a folder of IDX files for so many iterations, or goes on where it was
/// interrupted: images DATA OUT ITERATIONS
int main(int argc, char** argv) try {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s DATA OUT ITERATIONS\n", argv[0]);
    return 2;
  }
  const std::filesystem::path out = argv[2];
  std::filesystem::create_directories(out);

  // Bytes become pixels in [-1, 1], the domain of the sampler.
  const io::Mnist mnist = io::load_mnist(argv[1]);
  const Samples<float> images = io::to_samples(mnist.train_images);
  const Samples<float> held_out = io::to_samples(mnist.test_images).topRows(1000);
  const Samples<float> noise = uniform_noise(held_out.rows(), held_out.cols(), Rng{1});

  Neural<Network> energy(Rng{1});
  Trainer trainer(energy, Recipe{.steps = 20,
                                 .optimizer = Adam{{.learning_rate = 3e-4}},
                                 .epochs = 1,
                                 .limit_batches = std::atoi(argv[3])});

  Validation validation(held_out, noise);  // sets val_contrastive_divergence after each epoch
  EarlyStop early_stop({.patience = 5});   // which this one watches, as does the checkpoint
  io::MetricsCsv table({.file = out / "metrics.csv"});
  io::Checkpoint checkpoint({.folder = out}, io::Saved{"early_stop", &early_stop});
  io::Progress progress;
  if (std::filesystem::exists(checkpoint.state_file())) checkpoint.resume(trainer);
  trainer.fit(images, validation, early_stop, table, checkpoint, progress);

  // Later, or in another program: the best model by its file.
  Neural<Network> best;
  io::load_model(out / "best.safetensors", best);
  Threads threads;
  const auto scores_of = [&](const Samples<float>& x) {
    const Eigen::VectorXf f = scores(best, x, threads);
    return std::vector<double>(f.begin(), f.end());
  };
  const Auroc against_noise = auroc(scores_of(held_out), scores_of(noise));
  std::printf("AUROC of test images against noise: %.3f\n", against_noise.value);

  // What it dreams: 64 chains from noise.
  const Samples<float> start = uniform_noise(64, 784, Rng{2});
  const Samples<float> digits = chain_ends(Langevin(), best, start, {.steps = 60}, threads);
  io::write_image_grid(out / "dreams.png", digits, {.channels = 1, .height = 28, .width = 28});

  // For programs in other languages: f(x), and its gradient by which they could sample.
  io::write_onnx(out / "score.onnx", best, {.gradient = true});
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "images: %s\n", error.what());
  return 1;
}
