// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <csignal>
#include <ebm/core/error.hpp>
#include <ebm/core/version.hpp>
#include <ebm/io/file.hpp>
#include <iostream>
#include <limits>
#include <new>

#include "commands.hpp"

/// The command line of ebm-mnist.
namespace ebm_mnist {

namespace {

constexpr int success = 0, failure = 1, wrong_usage = 2;

/// Reads all of `input` as a decimal number.
template <class T>
bool read_number(const std::string& input, T& value) {
  const char* end = input.data() + input.size();
  const auto [stop, error] = std::from_chars(input.data(), end, value);
  return error == std::errc{} && stop == end;
}

/// Which of its two bounds a range leaves out.
enum class Without { none, low, high };

/// Accepts numbers from `low` to `high`.
CLI::Validator number(double low, double high, Without bound = Without::none) {
  const std::string range = ebm::sentence("in ", bound == Without::low ? '(' : '[', low, ", ", high,
                                          bound == Without::high ? ')' : ']');
  return {[=](const std::string& input) -> std::string {
            double value = 0;
            const bool in_range = read_number(input, value) && value >= low && value <= high;
            const bool left_out = (bound == Without::low && value == low) ||
                                  (bound == Without::high && value == high);
            if (in_range && !left_out) return {};
            return ebm::sentence("expected a number ", range, ", got '", input, "'");
          },
          range};
}

/// Accepts whole numbers in [low, high] and drops leading zeros, which CLI11 takes for octal.
CLI::Validator whole(long long low, long long high) {
  const std::string range = ebm::sentence("in [", low, ", ", high, ']');
  return {[=](std::string& input) -> std::string {
            long long value = 0;
            if (read_number(input, value) && value >= low && value <= high) {
              input = std::to_string(value);
              return {};
            }
            return ebm::sentence("expected a whole number ", range, ", got '", input, "'");
          },
          range};
}

constexpr long long million = 1'000'000;

void add_common(CLI::App& command, std::uint32_t* seed, int& threads) {
  if (seed != nullptr) {
    command.add_option("--seed", *seed, "Seed of all random numbers")
        ->transform(whole(0, std::numeric_limits<std::uint32_t>::max()))
        ->capture_default_str();
  }
  command.add_option("--threads", threads, "Threads; 0: one for each processor")
      ->transform(whole(0, 1024))
      ->capture_default_str();
}

void add_langevin(CLI::App& command, ebm::LangevinOptions& o) {
  command.add_option("--steps", o.steps, "Langevin steps of a chain")
      ->transform(whole(0, million))
      ->capture_default_str();
  command.add_option("--step-size", o.step_size, "Factor of the gradient in a step")
      ->check(number(0, 1e6, Without::low))
      ->capture_default_str();
  command.add_option("--noise", o.noise, "Deviation of the noise of a step, in pixel values")
      ->check(number(0, 10))
      ->capture_default_str();
  command.add_option("--clip", o.gradient_clip, "Bound of each element of the gradient")
      ->check(number(0, 1e6, Without::low))
      ->capture_default_str();
}

CLI::App& add_train(CLI::App& app, TrainOptions& o) {
  CLI::App& c = *app.add_subcommand(
      "train", "Train a model on MNIST, e.g.\n  ebm-mnist train --epochs 3 --out runs/short");
  c.footer(
      "Trains the tutorial's network by contrastive divergence. Pixels are in [-1, 1]; images that "
      "don't fill a\nbatch at the end of an epoch are dropped. The same seed gives the same "
      "weights for any number of threads.");
  c.add_option("--data", o.data,
               "MNIST: a folder of IDX files, gzipped or not (or its parent, "
               "as torchvision lays it out)")
      ->type_name("DIR")
      ->capture_default_str();
  c.add_option("--out", o.out, "Folder for the model, metrics and samples")
      ->type_name("DIR")
      ->capture_default_str();
  c.add_flag("--overwrite", o.overwrite,
             "Let --out hold files already, and replace an earlier run's after the first epoch");
  c.add_option("--epochs", o.epochs, "Passes over the data")
      ->transform(whole(1, million))
      ->capture_default_str();
  c.add_option("--batch", o.batch, "Images of a step, and as many chains")
      ->transform(whole(1, million))
      ->capture_default_str();
  c.add_option("--limit-batches", o.limit_batches, "Steps of an epoch at most; 0: all")
      ->transform(whole(0, million))
      ->capture_default_str();
  c.add_flag("--no-shuffle", o.no_shuffle, "Take the images in the order of the file");
  c.add_option("--data-noise", o.data_noise,
               "Deviation of the noise on real images, in pixel values")
      ->check(number(0, 10))
      ->capture_default_str();
  add_langevin(c, o.langevin);
  c.add_option("--buffer", o.buffer.capacity, "Samples that the replay buffer keeps")
      ->transform(whole(1, million))
      ->capture_default_str();
  c.add_option("--fresh", o.buffer.fresh, "Share of chains that start from noise")
      ->check(number(0, 1))
      ->capture_default_str();
  c.add_option("--alpha", o.loss.alpha, "Weight of the regulariser (squared scores)")
      ->check(number(0, 1e6))
      ->capture_default_str();
  c.add_option("--learning-rate", o.adam.learning_rate, "Adam's learning rate in epoch 1")
      ->check(number(0, 10, Without::low))
      ->capture_default_str();
  c.add_option("--beta1", o.adam.beta1, "Adam's decay of the mean gradient")
      ->check(number(0, 1, Without::high))
      ->capture_default_str();
  c.add_option("--beta2", o.adam.beta2, "Adam's decay of the mean squared gradient")
      ->check(number(0, 1, Without::high))
      ->capture_default_str();
  c.add_option("--lr-decay", o.decay.gamma, "Factor of the learning rate at each decay")
      ->check(number(0, 10, Without::low))
      ->capture_default_str();
  c.add_option("--lr-period", o.decay.period, "Epochs from one decay to the next")
      ->transform(whole(1, million))
      ->capture_default_str();
  c.add_option("--grad-norm", o.gradient_norm, "Bound of the parameter gradient's global norm")
      ->check(number(0, 1e6, Without::low))
      ->capture_default_str();
  add_common(c, &o.seed, o.threads);
  return c;
}

CLI::App& add_sample(CLI::App& app, SampleOptions& o) {
  CLI::App& c = *app.add_subcommand("sample",
                                    "Let a model dream digits, e.g.\n  ebm-mnist sample --model "
                                    "runs/mnist/model.safetensors --out digits.png");
  c.footer(
      "Runs chains from noise. A .safetensors file gets the tensor samples, [N,1,28,28] in [-1, "
      "1], and with --trace\nthe tensor trace, [snapshots,N,1,28,28].");
  c.add_option("--model", o.model, "Model file (safetensors)")->type_name("FILE")->required();
  c.add_option("--out", o.out, "File to write: .png or .safetensors")
      ->type_name("FILE")
      ->required();
  c.add_option("--count", o.count, "Number of chains")
      ->transform(whole(1, million))
      ->capture_default_str();
  c.add_option("--trace", o.trace,
               "Keep the start and every K-th step too; in a PNG a chain is a "
               "row; 0: the end only")
      ->transform(whole(0, million))
      ->capture_default_str();
  add_langevin(c, o.langevin);
  add_common(c, &o.seed, o.threads);
  return c;
}

CLI::App& add_score(CLI::App& app, ScoreOptions& o) {
  CLI::App& c = *app.add_subcommand("score",
                                    "Tell how likely a model finds images, e.g.\n  ebm-mnist score "
                                    "--model runs/mnist/model.safetensors --images test.png");
  c.footer(
      "Prints f = -E of each image (file, index, f), then count, mean and standard deviation (of "
      "the population)\nover all files. Images are 28x28: IDX (gzipped or not), PNG (converted to "
      "grey) or a safetensors file with\nthe tensor images (or samples, as the command sample "
      "writes them), [N,1,28,28] float32 in "
      "[-1, 1].");
  c.add_option("--model", o.model, "Model file (safetensors)")->type_name("FILE")->required();
  c.add_option("--images", o.images, "One or more image files")->type_name("FILE")->required();
  c.add_flag("--json", o.json, R"(Print {"count":…,"mean":…,"std":…,"scores":[…]} instead)");
  add_common(c, nullptr, o.threads);
  return c;
}

int complain(std::string what, int code) {
  std::ranges::replace(what, '\n', ' ');  // of a file name: one sentence is one line
  std::cerr << "ebm-mnist: " << what << '\n';
  return code;
}

int flush_output() {
  if (!std::cout.flush()) return complain("can't write to standard output", failure);
  return success;
}

/// What was wrong with the command line, and who knows better.
int complain_of_usage(const CLI::App& app, std::string what) {
  std::string help = "ebm-mnist";
  for (const CLI::App* command : app.get_subcommands()) help += ' ' + command->get_name();
  return complain(what + " (see '" + help + " --help')", wrong_usage);
}

int run(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error like a full disk
  CLI::App app("Example: ebm-mnist train\n\nEnergy-based models of handwritten digits.",
               "ebm-mnist");
  app.footer(
      "Exit status: 0 success; 1 failure (files, data, divergence); 2 wrong usage.\n"
      "'ebm-mnist COMMAND --help' tells the options of a command.");
  app.set_version_flag("--version", std::string(ebm::version));
  app.require_subcommand(1);
  TrainOptions train_options;
  train_options.command.assign(argv, argv + argc);
  SampleOptions sample_options;
  ScoreOptions score_options;
  const CLI::App& train_command = add_train(app, train_options);
  const CLI::App& sample_command = add_sample(app, sample_options);
  add_score(app, score_options);

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {  // --help, --version
    app.exit(request);
    return flush_output();
  } catch (const CLI::RequiredError& error) {
    if (!app.get_subcommands().empty()) return complain_of_usage(app, error.what());
    const std::string got = argc > 1 ? ", got " + ebm::io::quoted_text(argv[1]) : "";
    return complain_of_usage(app, "expected a command: train, sample or score" + got);
  } catch (const CLI::ParseError& error) {
    return complain_of_usage(app, error.what());
  }
  try {
    if (train_command.parsed()) {
      train(train_options);
    } else if (sample_command.parsed()) {
      sample(sample_options);
    } else {
      score(score_options);
    }
  } catch (const ebm::InvalidArgument& error) {
    return complain(error.what(), wrong_usage);
  } catch (const std::bad_alloc&) {
    return complain("out of memory: fewer images, chains or threads may help", failure);
  } catch (const std::exception& error) {
    return complain(error.what(), failure);
  }
  return flush_output();
}

}  // namespace

}  // namespace ebm_mnist

int main(int argc, char** argv) {
  return ebm_mnist::run(argc, argv);
}
