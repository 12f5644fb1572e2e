// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <cctype>
#include <cstdlib>
#include <ebm/core/version.hpp>
#include <ebm/io/crc32c.hpp>
#include <ebm/io/mnist.hpp>
#include <ebm/log/progress.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#if defined(EBM_MNIST_MPI)
#include <ebm/mpi/session.hpp>
#endif

#include "cli.hpp"
#include "commands.hpp"
#include "config.hpp"
#include "earlier_run.hpp"
#include "engine.hpp"
#include "held_out_digit.hpp"
#include "memory.hpp"
#include "training.hpp"

namespace ebm_mnist {

namespace {

namespace fs = std::filesystem;

/// What belongs to the call, not to the run.
const std::vector<std::string> not_of_the_run{"help",      "config", "resume", "out",
                                              "overwrite", "quiet",  "json"};
/// What may be said beside --resume.
const std::vector<std::string> changeable{"data",   "epochs",         "threads", "save-every",
                                          "keep",   "no-tensorboard", "quiet",   "json",
                                          "resume", "pictures-every", "device"};

/// What a recipe has that the others have not, and numbers of its own for what they share.
struct RecipeOptions {
  std::string name;
  std::vector<std::string> own;
  std::vector<std::pair<std::string, std::string>> defaults;  ///< option and value
};
const std::vector<std::pair<std::string, std::string>> of_matching{
    {"epochs", "10"},  {"batch", "64"},    {"learning-rate", "0.002"}, {"beta1", "0.9"},
    {"beta2", "0.99"}, {"grad-norm", "1"}, {"data-noise", "0"}};
const std::vector<RecipeOptions> recipes{
    {"tutorial",
     {"model", "steps", "step-size", "noise", "clip", "buffer", "fresh", "alpha", "lr-decay",
      "lr-period"},
     {}},
    {"matching",
     {"level-median", "level-spread", "level-low", "level-high", "data-level", "gain", "warm-up",
      "averaging"},
     of_matching},
    {"joint",
     {"level-median", "level-spread", "level-low", "level-high", "data-level", "gain", "warm-up",
      "averaging", "cross-entropy", "digit-level-median"},
     of_matching},
    {"persistent",
     {"from", "steps", "path-levels", "stay", "stay-step", "stay-friction", "divergence",
      "chain-bound", "level-median", "level-spread", "level-low", "level-high", "warm-up",
      "averaging", "cross-entropy", "digit-level-median"},
     {{"epochs", "3"},
      {"batch", "64"},
      {"steps", "10"},
      {"learning-rate", "0.0005"},
      {"beta1", "0.9"},
      {"beta2", "0.99"},
      {"grad-norm", "1"},
      {"data-noise", "0"},
      {"warm-up", "50"},
      {"averaging", "0.99"}}}};

/// The options that belong to recipes other than that of the run.
std::vector<std::string> options_of_others(const std::string& recipe) {
  const auto& own = std::ranges::find(recipes, recipe, &RecipeOptions::name)->own;
  std::vector<std::string> names;
  for (const RecipeOptions& other : recipes) {
    std::ranges::copy_if(other.own, std::back_inserter(names), [&](const std::string& name) {
      return std::ranges::find(own, name) == own.end();
    });
  }
  return names;
}

/// Gives options that nobody has named the recipe's numbers, and refuses those of other recipes.
void apply_recipe(CLI::App& command, const std::string& recipe) {
  for (const std::string& name : options_of_others(recipe)) {
    ebm::require(command.count("--" + name) == 0, "--", name, ": the recipe ", recipe,
                 " has no such option");
  }
  for (const RecipeOptions& own : recipes) {
    if (own.name != recipe) continue;
    for (const auto& [name, value] : own.defaults) {
      CLI::Option* const option = command.get_option("--" + name);
      if (option->count() > 0) continue;
      option->add_result(value);
      option->run_callback();
    }
  }
}

/// Whether mpirun or another launcher has started this process as one of several.
bool is_one_of_several() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
    const char* const size = std::getenv(name);
    if (size != nullptr && std::atoi(size) > 1) return true;
  }
  return false;
}

/// Takes the options of an earlier run, and checks that no other ones are asked for.
void resume(CLI::App& command, const fs::path& run, TrainOptions& o) {
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_single_name();
    const bool may_be_said = std::ranges::find(changeable, name) != changeable.end();
    ebm::require(option->count() == 0 || may_be_said, "--", name,
                 ": a run that is resumed has its own");
  }
  // From here on, so that what is read is what goes on. Processes that train together all read, and
  // the first of them will have the lock.
  const auto lock = std::make_shared<const FolderLock>(run);
  recover_run(run, *lock);
  require_no_pipes(run);
  if (!is_one_of_several()) o.lock = lock;
  for (const char* file : {"config.toml", "state.safetensors"}) {
    if (!fs::exists(run / file)) {
      throw ebm::Error(ebm::sentence("train: there is no run to resume in ", ebm::io::quoted(run),
                                     ": it has no ", file));
    }
  }
  apply_config(command, run / "config.toml", not_of_the_run);
  o.out = run;
  o.resume = true;
}

TrainingData load(const TrainOptions& o) {
  ebm::io::Mnist mnist = ebm::io::load_mnist(o.data);
  take_digit(mnist.train_images, mnist.train_labels, o.held_out);
  take_digit(mnist.test_images, mnist.test_labels, o.held_out);
  const int images = mnist.train_images.count;
  TrainingData data{.train = std::move(mnist.train_images.pixels),
                    .train_digits = {mnist.train_labels.begin(), mnist.train_labels.end()},
                    .test = ebm::io::to_samples(mnist.test_images),
                    .test_digits = {mnist.test_labels.begin(), mnist.test_labels.end()}};
  if (data.test.rows() == 0) {
    throw ebm::Error(ebm::sentence("train: ", ebm::io::quoted(o.data), " holds no test images"));
  }
  if (images < o.batch) {
    throw ebm::Error(ebm::sentence("train: ", ebm::io::quoted(o.data), " holds ", images,
                                   " training images, fewer than a batch of ", o.batch));
  }
  return data;
}

/// A checksum of the images and digits that a run is about.
std::string fingerprint(const TrainingData& data) {
  std::uint32_t check = 0;
  const auto add = [&](const auto& values) {
    check =
        ebm::io::crc32c(std::as_bytes(std::span(values.data(), std::size_t(values.size()))), check);
  };
  add(data.train);
  add(data.train_digits);
  add(data.test);
  add(data.test_digits);
  return ebm::sentence("CRC-32C ", check);
}

/// The result of `f`, which all processes call that were started to train together.
///
/// Where it throws in all of them, the first alone throws.
template <class F>
TrainingResult together(const TrainOptions& o, const F& f) {
  if (!o.is_one_of_several) return f();
#if defined(EBM_MNIST_MPI)
  ebm::mpi::Session session;
  try {
    return session.run([&](const ebm::mpi::Ranks&) {
      ebm::require(o.device == "cpu", "--device ", o.device,
                   ": several processes train on processors, a GPU belongs to one of them: leave "
                   "out mpirun");
      return f();
    });
  } catch (const ebm::mpi::FailedTogether&) {
    TrainingResult result;
    result.is_first = false;
    return result;
  }
#else
  throw ebm::Error(
      "train: mpirun has started several processes, but this ebm-mnist was built without MPI "
      "(-D EBM_MPI=ON): each would train alone");
#endif
}

TrainingResult train(const TrainOptions& o, const TrainingData& data, const Engine& engine) {
  if (o.device == "cuda") {
#if defined(EBM_MNIST_CUDA)
    return train_on_gpu(o, data);
#else
    throw ebm::Error("--device cuda: this ebm-mnist was built without CUDA (-D EBM_CUDA=ON)");
#endif
  }
  return engine.train(o, data);
}

void tell_json(const TrainOptions& o, const TrainingResult& result) {
  nlohmann::ordered_json json{{"out", o.out.string()},
                              {"epochs", result.epochs_done},
                              {"seconds", result.seconds},
                              {"put_back", result.times_put_back}};
  if (result.best_epoch > 0) {
    json["best_epoch"] = result.best_epoch;
    json["best_" + result.monitor] = result.best_value;
  }
  std::cout << json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void tell(const TrainOptions& o, const TrainingResult& result) {
  const auto at = [&](const char* name) { return (o.out / name).string(); };
  std::cout << "Trained " << result.epochs_done << " epochs, this session "
            << ebm::io::Progress::duration(result.seconds) << " on " << result.threads
            << " threads; the run is in " << o.out.string() << ":\n"
            << "  " << at("model.safetensors") << "  the weights after the last epoch\n";
  if (result.best_epoch > 0) {
    std::cout << "  " << at("best.safetensors") << "  those of epoch " << result.best_epoch
              << ", whose " << result.monitor << " is the lowest, " << result.best_value << '\n';
  }
  std::cout << "  " << at("samples") << "/epoch_*.png  what the model dreams after each epoch\n"
            << "  " << at("metrics.csv") << "  losses and scores\n"
            << "  " << at("config.toml") << "  the options of this run\n";
}

/// A path as a shell takes it.
std::string for_shell(const fs::path& path) {
  const std::string text = path.string();
  const auto is_plain = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("/._-+").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!text.empty() && std::ranges::all_of(text, is_plain)) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

void run(CLI::App& command, const fs::path& config, const fs::path& earlier, TrainOptions& o,
         const Engine& engine) {
  const auto require_name = [&](const char* flag, const fs::path& name) {
    ebm::require(command.count(flag) == 0 || !name.empty(), flag,
                 ": expected the name of a file or folder, got ''");
  };
  require_name("--resume", earlier);
  require_name("--config", config);
  if (!earlier.empty()) {
    resume(command, earlier, o);
  } else if (!config.empty()) {
    apply_config(command, config, not_of_the_run);
  }
  ebm::require(!o.out.empty(), "--out: expected the name of a folder, got ''");
  apply_recipe(command, o.recipe);
  ebm::require(o.recipe != "persistent" || !o.persistent.from.empty(),
               "--from: the recipe persistent trains a model of matching or joint on: name one");
  ebm::require(o.recipe == "tutorial" || o.device == "cpu", "--device ", o.device, ": the recipe ",
               o.recipe, " trains on processors alone");
  std::vector<std::string> left_out = options_of_others(o.recipe);
  left_out.insert(left_out.end(), not_of_the_run.begin(), not_of_the_run.end());
  o.configuration += to_config(command, left_out);
  o.is_one_of_several = is_one_of_several();
  left_out.insert(left_out.end(), changeable.begin(), changeable.end());
  left_out.emplace_back("from");  // where a model was at the start
  for (auto& [name, value] : config_values(command, left_out)) {
    o.settings.emplace("option " + name, std::move(value));
  }
  if (o.recipe == "tutorial") {
    // The buffer, and twice in states: the last good one and that which is saved. The rest are
    // data, their workers' room and the program.
    constexpr double rest = 130e6;
    require_memory(3.0 * o.buffer.capacity * pixels * sizeof(float) + rest,
                   ebm::sentence("--buffer: ", o.buffer.capacity, " samples and two copies"));
  }
  const auto start = std::chrono::steady_clock::now();
  TrainingResult result = together(o, [&] {
    const TrainingData data = load(o);
    o.settings.emplace("data", fingerprint(data));
    return train(o, data, engine);
  });
  if (!result.is_first) return;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (result.interrupted_by != 0) {
    throw Interrupted(
        result.interrupted_by,
        ebm::sentence("stopped after ", result.epochs_done,
                      " epochs; go on with: ebm-mnist train --resume ", for_shell(o.out)));
  }
  if (o.json) {
    tell_json(o, result);
  } else if (!o.quiet) {
    tell(o, result);
  }
}

}  // namespace

void add_train(CLI::App& app, const std::string& cpu, std::vector<std::string> typed) {
  struct Call {
    TrainOptions options;
    fs::path config, resume;
  };
  const auto call = std::make_shared<Call>();
  TrainOptions* o = &call->options;
  o->configuration = ebm::sentence("# ebm-mnist ", ebm::version, ", called as:\n#");
  for (const std::string& word : typed) o->configuration += ' ' + ebm::io::quoted_text(word);
  o->configuration += '\n';
  CLI::App& c = *app.add_subcommand(
      "train", "Train a model on MNIST, e.g.\n  ebm-mnist train --epochs 3 --out runs/short");
  c.footer(
      "Trains a network by contrastive divergence, or by another --recipe. Pixels are in [-1, 1]; "
      "images that don't fill a "
      "batch at the end of an epoch are dropped. The same seed gives the same weights for any "
      "number of threads, also when the run is interrupted and resumed. Ctrl-C ends it behind the "
      "current step and saves (exit status 130).");
  c.add_option(
       "--recipe", o->recipe,
       "How it is trained: tutorial, by contrastive divergence; matching, by denoising "
       "score matching over noise levels, with its own network and numbers: 10 epochs of "
       "batches of 64, learning rate 2e-3, betas 0.9 and 0.99, gradient norm 1, no data "
       "noise; joint, as matching, with a classifier of the digits in it; or persistent, which "
       "trains a model of these two on (--from), with persistent chains over its levels: 3 "
       "epochs, learning rate 5e-4, 10 steps, averaging 0.99, the rest as matching. The last "
       "three are over levels")
      ->check(CLI::IsMember({"tutorial", "matching", "persistent", "joint"}))
      ->type_name("NAME")
      ->capture_default_str();
  c.add_option("--model", o->model, "The tutorial's network: tutorial, or resnet, which is deeper")
      ->check(CLI::IsMember({"tutorial", "resnet"}))
      ->type_name("NAME")
      ->capture_default_str();
  c.add_option("--device", o->device,
               "Where the steps are computed: cpu, or cuda, the first NVIDIA GPU; the same weights")
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->type_name("NAME")
      ->capture_default_str();
  c.add_option(
       "--config", call->config,
       "Options from a TOML file, a line `flag = value` for each; flags on the command line "
       "count more")
      ->type_name("FILE");
  c.add_option(
       "--resume", call->resume,
       "Go on with the run in this folder, to the bytes that it would have ended with; "
       "beside it only --epochs, --data where they have moved to, and what changes no number may "
       "be given")
      ->type_name("DIR");
  add_data(c, o->data);
  add_held_out(c, o->held_out, "A digit whose images are left out; -1: none");
  c.add_option("--out", o->out, "Folder for the model, metrics and samples")
      ->type_name("DIR")
      ->capture_default_str();
  c.add_flag("--overwrite", o->overwrite,
             "Let --out hold files already; an earlier run there stays whole until this one has "
             "saved itself");
  c.add_option("--epochs", o->epochs, "Passes over the data")
      ->transform(whole(1, million))
      ->capture_default_str();
  c.add_option("--batch", o->batch, "Images of a step, and as many chains")
      ->transform(whole(1, million))
      ->capture_default_str();
  c.add_option("--limit-batches", o->limit_batches, "Steps of an epoch at most; 0: all")
      ->transform(whole(0, million))
      ->capture_default_str();
  c.add_flag("--no-shuffle", o->no_shuffle, "Take the images in the order of the file");
  c.add_option("--data-noise", o->data_noise,
               "Deviation of the noise on real images, in pixel values")
      ->check(number(0, 10))
      ->capture_default_str();
  add_chains(c, o->chains);
  c.add_option("--buffer", o->buffer.capacity, "Samples that the replay buffer keeps")
      ->transform(whole(1, million))
      ->capture_default_str();
  c.add_option("--fresh", o->buffer.fresh, "Share of chains that start from noise")
      ->check(number(0, 1))
      ->capture_default_str();
  c.add_option("--alpha", o->loss.alpha, "Weight of the regulariser (squared scores)")
      ->check(number(0, 1e6))
      ->capture_default_str();
  c.add_option("--learning-rate", o->adam.learning_rate, "Adam's learning rate in epoch 1")
      ->check(number(0, 10, Without::low))
      ->capture_default_str();
  c.add_option("--beta1", o->adam.beta1, "Adam's decay of the mean gradient")
      ->check(number(0, 1, Without::high))
      ->capture_default_str();
  c.add_option("--beta2", o->adam.beta2, "Adam's decay of the mean squared gradient")
      ->check(number(0, 1, Without::high))
      ->capture_default_str();
  c.add_option("--lr-decay", o->decay.gamma, "Factor of the learning rate at each decay")
      ->check(number(0, 10, Without::low))
      ->capture_default_str();
  c.add_option("--lr-period", o->decay.period, "Epochs from one decay to the next")
      ->transform(whole(1, million))
      ->capture_default_str();
  c.add_option("--grad-norm", o->gradient_norm, "Bound of the parameter gradient's global norm")
      ->check(number(0, 1e6, Without::low))
      ->capture_default_str();
  c.add_option("--level-median", o->matching.levels.median,
               "over levels: half of the noise levels are lower")
      ->check(number(0, 100, Without::low))
      ->capture_default_str();
  c.add_option("--level-spread", o->matching.levels.spread,
               "over levels: scale of the levels' logarithms")
      ->check(number(0, 10, Without::low))
      ->capture_default_str();
  c.add_option("--level-low", o->matching.levels.low, "over levels: the lowest level")
      ->check(number(0, 100, Without::low))
      ->capture_default_str();
  c.add_option("--level-high", o->matching.levels.high, "over levels: the highest level")
      ->check(number(0, 1000, Without::low))
      ->capture_default_str();
  c.add_option("--data-level", o->matching.data_level,
               "over levels: the level of E(x), and of chains that stay")
      ->check(number(0, 10, Without::low))
      ->capture_default_str();
  c.add_option("--gain", o->matching.gain, "over levels: factor of the network's output")
      ->check(number(0, 1e4, Without::low))
      ->capture_default_str();
  c.add_option("--warm-up", o->matching.warm_up,
               "over levels: steps until the learning rate is whole")
      ->transform(whole(1, million))
      ->capture_default_str();
  c.add_option("--averaging", o->matching.averaging,
               "over levels: decay of the parameters' average, which is the model")
      ->check(number(0, 1, Without::high))
      ->capture_default_str();
  c.add_option("--cross-entropy", o->joint.weight,
               "joint, and persistent from such a model: weight of cross-entropy")
      ->check(number(0, 1e4, Without::low))
      ->capture_default_str();
  c.add_option("--digit-level-median", o->joint.levels.median,
               "joint, and persistent from such a model: half of the noise levels are lower at "
               "which digits are learnt")
      ->check(number(0, 100, Without::low))
      ->capture_default_str();
  c.add_option("--from", o->persistent.from,
               "persistent: the model that it begins with, of the recipe matching or joint")
      ->type_name("FILE");
  c.add_option("--path-levels", o->persistent.levels,
               "persistent: levels that its chains go down, to that of the data")
      ->transform(whole(2, 10000))
      ->capture_default_str();
  c.add_option("--stay", o->persistent.stay,
               "persistent: training steps that its chains stay at the level of the data")
      ->transform(whole(0, million))
      ->capture_default_str();
  c.add_option("--stay-step", o->persistent.step_size,
               "persistent: size of Langevin steps there, in units of the level")
      ->check(number(0, 1.5, Without::low))
      ->capture_default_str();
  c.add_option("--stay-friction", o->persistent.friction,
               "persistent: friction of those steps, in units of 1 / level")
      ->check(number(0, 1e4, Without::low))
      ->capture_default_str();
  c.add_option("--divergence", o->persistent.weight,
               "persistent: weight of contrastive divergence, per pixel")
      ->check(number(0, 1e4, Without::low))
      ->capture_default_str();
  c.add_option("--chain-bound", o->persistent.lost.bound,
               "persistent: pixel value beyond which a chain is lost and replaced by its image")
      ->check(number(0, 1e30, Without::low))
      ->capture_default_str();
  c.add_option(
       "--guard", o->guard,
       "Times that a diverging run is put back to the last good epoch before it is given up")
      ->transform(whole(0, 1000))
      ->capture_default_str();
  c.add_option("--guard-reaction", o->guard_reaction,
               "What then changes: learning-rate (0.3 of it each time) or steps (twice as many)")
      ->check(CLI::IsMember({"learning-rate", "steps"}))
      ->type_name("NAME")
      ->capture_default_str();
  c.add_flag("--no-guard", o->no_guard, "Let a run diverge until a number is not finite");
  c.add_option("--early-stop", o->early_stop,
               "Stop after so many epochs without a better validation; 0: never")
      ->transform(whole(0, million))
      ->capture_default_str();
  c.add_option("--keep", o->keep, "Models kept of the best epochs")
      ->transform(whole(1, million))
      ->capture_default_str();
  c.add_option("--save-every", o->save_every,
               "Save the run's state every so many steps too; 0: after each epoch only")
      ->transform(whole(0, million))
      ->capture_default_str();
  c.add_option("--pictures-every", o->pictures_every,
               "Epochs from one picture of chains and of the buffer to the next; 0: none")
      ->transform(whole(0, million))
      ->capture_default_str();
  c.add_flag("--no-tensorboard", o->no_tensorboard, "Write no TensorBoard files");
  c.add_flag("--json", o->json, "Print the result as JSON instead");
  c.add_flag("--quiet", o->quiet, "Print nothing but errors and what --json asks for");
  add_seed(c, o->seed);
  add_threads(c, o->threads);
  c.callback(
      [call, &c, &cpu] { run(c, call->config, call->resume, call->options, engine_for(cpu)); });
}

}  // namespace ebm_mnist
