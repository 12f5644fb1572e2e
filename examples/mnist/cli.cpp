// SPDX-License-Identifier: MIT
#include "cli.hpp"

#include <charconv>
#include <ebm/core/error.hpp>
#include <ebm/io/quoted.hpp>
#include <limits>

namespace ebm_mnist {

namespace {

/// Reads all of `input` as a decimal number.
template <class T>
bool read_number(const std::string& input, T& value) {
  const char* end = input.data() + input.size();
  const auto [stop, error] = std::from_chars(input.data(), end, value);
  return error == std::errc{} && stop == end;
}

}  // namespace

CLI::Validator number(double low, double high, Without bound) {
  const std::string range = ebm::sentence("in ", bound == Without::low ? '(' : '[', low, ", ", high,
                                          bound == Without::high ? ')' : ']');
  return {
      [=](const std::string& input) -> std::string {
        double value = 0;
        const bool in_range = read_number(input, value) && value >= low && value <= high;
        const bool left_out =
            (bound == Without::low && value == low) || (bound == Without::high && value == high);
        if (in_range && !left_out) return {};
        return ebm::sentence("expected a number ", range, ", got ", ebm::io::quoted_text(input));
      },
      range};
}

CLI::Validator whole(long long low, long long high) {
  const std::string range = ebm::sentence("in [", low, ", ", high, ']');
  return {[=](std::string& input) -> std::string {
            long long value = 0;
            if (read_number(input, value) && value >= low && value <= high) {
              input = std::to_string(value);
              return {};
            }
            return ebm::sentence("expected a whole number ", range, ", got ",
                                 ebm::io::quoted_text(input));
          },
          range};
}

std::filesystem::path model_file(const std::string& name) {
  if (name == "matching") return EBM_MNIST_MATCHING;
  if (name == "tutorial") return EBM_MNIST_TUTORIAL;
  return name;
}

void add_model(CLI::App& command, std::filesystem::path& model) {
  model = EBM_MNIST_MATCHING;
  command
      .add_option("--model", model,
                  "Model file (safetensors), or a bundled one by its name: matching, the default, "
                  "or tutorial")
      ->transform([](const std::string& name) { return model_file(name).string(); })
      ->type_name("FILE")
      ->default_str("matching");
}

void add_data(CLI::App& command, std::filesystem::path& data) {
  command
      .add_option("--data", data,
                  "MNIST: a folder of IDX files, gzipped or not (or its parent, "
                  "as torchvision lays it out)")
      ->type_name("DIR")
      ->capture_default_str();
}

void add_held_out(CLI::App& command, int& digit, const std::string& text) {
  command.add_option("--held-out", digit, text)->transform(whole(-1, 9))->capture_default_str();
}

void add_seed(CLI::App& command, std::uint32_t& seed) {
  command.add_option("--seed", seed, "Seed of all random numbers")
      ->transform(whole(0, std::numeric_limits<std::uint32_t>::max()))
      ->capture_default_str();
}

void add_threads(CLI::App& command, int& threads) {
  command.add_option("--threads", threads, "Threads; 0: one for each processor")
      ->transform(whole(0, 1024))
      ->capture_default_str();
}

void add_chains(CLI::App& command, ChainOptions& options) {
  ebm::LangevinOptions& o = options.langevin;
  command.add_option("--steps", options.steps, "Langevin steps of a chain")
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

void add_levels(CLI::App& command, ChainOptions& options) {
  command
      .add_option(
          "--stay", options.stay,
          "Langevin steps more at the noise level of the data, where half of --steps are too, for "
          "a model with noise levels")
      ->transform(whole(0, million))
      ->capture_default_str();
  command
      .add_option("--digit", options.digit,
                  "The digit to draw, for a model of the recipe joint; -1: any")
      ->transform(whole(-1, 9))
      ->capture_default_str();
}

int steps_for(const Model& model) {
  return model.has_levels() ? 128 : 256;
}

void choose_steps(const CLI::App& command, const Model& model, ChainOptions& chains) {
  if (!model.has_levels()) return;
  if (command.count("--steps") == 0) chains.steps = steps_for(model);
  ebm::require(chains.stay == 0 || chains.steps > 1,
               "--stay: chains go down the noise levels first: give 2 --steps or more, got ",
               chains.steps);
}

void require_options_fit(const CLI::App& command, const Model& model) {
  const bool has_levels = model.has_levels();
  const auto refuse = [&](std::initializer_list<const char*> names, const char* why) {
    for (const char* name : names) {
      const CLI::Option* const option = command.get_option_no_throw(name);
      ebm::require(option == nullptr || option->count() == 0, name, ": ", why);
    }
  };
  if (has_levels) {
    refuse({"--step-size", "--noise", "--clip", "--temperature"},
           "the model's chains go down noise levels and have no such option; those of --model "
           "tutorial have");
  } else {
    refuse({"--stay"},
           "the model has no noise levels; those of the recipe matching have: give more --steps");
  }
  if (model.digits() == 0) {
    refuse({"--digit"}, "the model knows no digits; those of the recipe joint do");
  }
}

}  // namespace ebm_mnist
