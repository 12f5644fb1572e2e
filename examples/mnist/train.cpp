// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/core/version.hpp>
#include <ebm/energy/evaluate.hpp>
#include <ebm/io/image_grid.hpp>
#include <ebm/io/mnist.hpp>
#include <ebm/io/model.hpp>
#include <ebm/train/trainer.hpp>
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli.hpp"
#include "commands.hpp"
#include "model.hpp"
#include "progress.hpp"

namespace ebm_mnist {

namespace {

namespace fs = std::filesystem;

struct TrainOptions {
  std::filesystem::path data = EBM_MNIST_DATA_DIR;
  std::filesystem::path out = "runs/mnist";
  bool overwrite = false;
  int epochs = 60;
  int batch = 128;
  double data_noise = 0.005;
  bool no_shuffle = false;
  int limit_batches = 0;
  ebm::LangevinOptions langevin;
  ebm::ReplayBufferOptions buffer;
  ebm::ContrastiveDivergenceOptions loss;
  ebm::AdamOptions adam;
  ebm::StepDecayOptions decay;
  double gradient_norm = 0.1;
  std::uint32_t seed = 0;
  int threads = 0;
  std::vector<std::string> command;  ///< what was typed, for the record
};

constexpr Eigen::Index outliers = 1024;  // noise images that a well-trained model finds unlikely

/// Every option as it was resolved, under the names of the flags.
std::string configuration(const TrainOptions& o, int threads) {
  const nlohmann::ordered_json json{{"program", "ebm-mnist train"},
                                    {"version", ebm::version},
                                    {"command", o.command},
                                    {"data", o.data.string()},
                                    {"out", o.out.string()},
                                    {"epochs", o.epochs},
                                    {"batch", o.batch},
                                    {"data-noise", o.data_noise},
                                    {"shuffle", !o.no_shuffle},
                                    {"limit-batches", o.limit_batches},
                                    {"steps", o.langevin.steps},
                                    {"step-size", o.langevin.step_size},
                                    {"noise", o.langevin.noise},
                                    {"clip", o.langevin.gradient_clip},
                                    {"buffer", o.buffer.capacity},
                                    {"fresh", o.buffer.fresh},
                                    {"alpha", o.loss.alpha},
                                    {"learning-rate", o.adam.learning_rate},
                                    {"beta1", o.adam.beta1},
                                    {"beta2", o.adam.beta2},
                                    {"lr-decay", o.decay.gamma},
                                    {"lr-period", o.decay.period},
                                    {"grad-norm", o.gradient_norm},
                                    {"seed", o.seed},
                                    {"threads", threads}};
  // File names need not be UTF-8; JSON is.
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

/// Writes what a run leaves behind: configuration, metrics, samples, the model.
class RunFolder {
 public:
  RunFolder(const TrainOptions& options, int threads)
      : folder_(options.out), configuration_(configuration(options, threads)) {
    std::error_code failure;
    fs::create_directories(folder_, failure);
    if (failure) {
      throw ebm::Error(
          ebm::sentence("train: can't create ", ebm::io::quoted(folder_), ": ", failure.message()));
    }
    if (!fs::is_empty(folder_) && !options.overwrite) {
      throw ebm::Error(ebm::sentence("train: ", ebm::io::quoted(folder_),
                                     " is not empty: choose another --out, or pass --overwrite"));
    }
    fs::create_directory(samples_, failure);
    if (failure || !fs::is_directory(samples_)) {
      throw ebm::Error(ebm::sentence("train: can't create the folder ", ebm::io::quoted(samples_),
                                     failure ? ": " + failure.message() : ": it is a file"));
    }
    for (const fs::path& file : {model_, metrics_, configuration_file_, picture(1)}) {
      ebm::io::require_writable(file);
    }
    csv_ << std::setprecision(9)
         << "epoch,iterations,learning_rate,loss,loss_regularization,loss_contrastive_divergence,"
            "metrics_avg_real,metrics_avg_fake,gradient_norm,val_contrastive_divergence,"
            "val_fake_out,val_real_out,rand_out,seconds\n";
  }

  struct Validation {
    double real = 0;    ///< mean f of the test images
    double fake = 0;    ///< mean f of as many noise images
    double random = 0;  ///< mean f of 1,024 noise images

    [[nodiscard]] bool is_finite() const {
      return std::isfinite(real) && std::isfinite(fake) && std::isfinite(random);
    }
  };

  /// The model first: what is said of an epoch is there when its row says so.
  void add_epoch(const ebm::EpochReport& r, const Validation& v, const Model& model,
                 const ebm::Samples<float>& samples) {
    ebm::io::save_model(model_, model, {{"format", "pt"}, {"epoch", std::to_string(r.epoch)}});
    if (r.epoch == 1) begin();
    ebm::io::write_image_grid(picture(r.epoch), samples, {}, {.scale = 2});
    csv_ << r.epoch << ',' << r.batches << ',' << r.learning_rate << ',' << r.mean.loss.total << ','
         << r.mean.loss.regularizer << ',' << r.mean.loss.contrastive_divergence << ','
         << r.mean.data_score << ',' << r.mean.model_score << ',' << r.gradient_norm << ','
         << v.fake - v.real << ',' << v.fake << ',' << v.real << ',' << v.random << ',' << r.seconds
         << '\n';
    ebm::io::write_file_atomically(metrics_, csv_.str());
  }

 private:
  [[nodiscard]] fs::path picture(int epoch) const {
    std::ostringstream name;
    name << "epoch_" << std::setw(3) << std::setfill('0') << epoch << ".png";
    return samples_ / name.str();
  }

  /// Its model is replaced already; were an earlier run's pictures left, those of a longer run
  /// would look like this one's.
  void begin() const {
    ebm::io::write_file_atomically(configuration_file_, configuration_);
    std::vector<fs::path> pictures;
    for (const auto& entry : fs::directory_iterator(samples_)) {
      const bool is_ours = entry.path().filename().string().starts_with("epoch_");
      if (is_ours && entry.path().extension() == ".png") pictures.push_back(entry.path());
    }
    for (const fs::path& picture : pictures) fs::remove(picture);
  }

  fs::path folder_;
  fs::path samples_ = folder_ / "samples", model_ = folder_ / "model.safetensors",
           metrics_ = folder_ / "metrics.csv", configuration_file_ = folder_ / "config.json";
  std::string configuration_;
  std::ostringstream csv_;
};

/// What this program does during training.
struct Hooks {
  RunFolder& folder;
  Progress& progress;
  const ebm::Samples<float>& test_images;
  const ebm::Samples<float>& noise;

  template <class Trainer>
  void on_batch(Trainer&, const ebm::BatchReport& report) {
    progress.batch(report);
  }

  template <class Trainer>
  void on_epoch(Trainer& trainer, const ebm::EpochReport& report) {
    const Model& model = trainer.model();
    const auto mean = [&](const ebm::ConstSamplesRef<float>& images) {
      return -ebm::energies(model, images, trainer.executor()).template cast<double>().mean();
    };
    const RunFolder::Validation validation{
        mean(test_images), mean(noise.topRows(test_images.rows())), mean(noise.topRows(outliers))};
    if (!validation.is_finite()) {
      throw ebm::Error(
          ebm::sentence("train: the scores of the test images or of noise are not "
                        "finite after epoch ",
                        report.epoch, ": a lower learning rate may help"));
    }
    ebm::Samples<float> newest(std::min<Eigen::Index>(64, trainer.buffer().size()), pixels);
    for (Eigen::Index i = 0; i < newest.rows(); ++i) newest.row(i) = trainer.buffer()[i];
    folder.add_epoch(report, validation, model, newest);

    std::ostringstream line;
    line << std::fixed << std::setprecision(3) << "epoch " << report.epoch << '/' << report.epochs
         << ": loss " << report.mean.loss.total << ", f(data) " << report.mean.data_score
         << ", f(model) " << report.mean.model_score << "; validation: f(test) " << validation.real
         << ", f(noise) " << validation.random << ", CD " << validation.fake - validation.real
         << "; " << Progress::duration(report.seconds);
    progress.line(line.str());
  }
};

void run(const TrainOptions& o) {
  ebm::require(!o.out.empty(), "--out: expected the name of a folder, got ''");
  ebm::Threads threads(o.threads);
  const ebm::Rng rng{o.seed};
  ebm::Samples<float> images, test_images;
  {
    const ebm::io::Mnist mnist = ebm::io::load_mnist(o.data);
    images = ebm::io::to_samples(mnist.train_images);
    test_images = ebm::io::to_samples(mnist.test_images);
  }
  // The same noise in all epochs: what changes is the model.
  ebm::Samples<float> noise(std::max(outliers, test_images.rows()), pixels);
  ebm::Sequence draws(rng.stream(ebm::Purpose::validation));
  for (float& pixel : noise.reshaped<Eigen::RowMajor>()) {
    pixel = static_cast<float>(2 * draws.uniform() - 1);
  }

  Model model(rng);
  ebm::Trainer trainer(model,
                       ebm::Recipe{.sampler = ebm::Langevin(o.langevin),
                                   .buffer = o.buffer,
                                   .loss = ebm::ContrastiveDivergence(o.loss),
                                   .optimizer = ebm::Adam<float>(o.adam),
                                   .gradient_clip = ebm::GlobalNormClip(o.gradient_norm),
                                   .schedule = ebm::StepDecay(o.decay),
                                   .epochs = o.epochs,
                                   .batch = o.batch,
                                   .data_noise = o.data_noise,
                                   .shuffle = !o.no_shuffle,
                                   .limit_batches = o.limit_batches,
                                   .rng = rng},
                       threads);
  if (test_images.rows() == 0) {
    throw ebm::Error(ebm::sentence("train: ", ebm::io::quoted(o.data), " holds no test images"));
  }
  if (images.rows() < o.batch) {
    throw ebm::Error(ebm::sentence("train: ", ebm::io::quoted(o.data), " holds ", images.rows(),
                                   " training images, fewer than a batch of ", o.batch));
  }
  RunFolder folder(o, threads.workers());
  Progress progress(o.epochs);
  trainer.fit(images, Hooks{folder, progress, test_images, noise});

  const auto at = [&](const char* name) { return (o.out / name).string(); };
  std::cout << "Trained " << o.epochs << " epochs in " << Progress::duration(progress.elapsed())
            << " on " << threads.workers() << " threads; the run is in " << o.out.string() << ":\n"
            << "  " << at("model.safetensors") << "  the weights\n"
            << "  " << at("samples") << "/epoch_*.png  what the model dreams after each epoch\n"
            << "  " << at("metrics.csv") << "  losses and scores, a row an epoch\n"
            << "  " << at("config.json") << "  the options of this run\n";
}

}  // namespace

void add_train(CLI::App& app, std::vector<std::string> typed) {
  const auto o = std::make_shared<TrainOptions>();
  o->command = std::move(typed);
  CLI::App& c = *app.add_subcommand(
      "train", "Train a model on MNIST, e.g.\n  ebm-mnist train --epochs 3 --out runs/short");
  c.footer(
      "Trains the tutorial's network by contrastive divergence. Pixels are in [-1, 1]; images that "
      "don't fill a\nbatch at the end of an epoch are dropped. The same seed gives the same "
      "weights for any number of threads.");
  add_data(c, o->data);
  c.add_option("--out", o->out, "Folder for the model, metrics and samples")
      ->type_name("DIR")
      ->capture_default_str();
  c.add_flag("--overwrite", o->overwrite,
             "Let --out hold files already, and replace an earlier run's after the first epoch");
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
  add_langevin(c, o->langevin);
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
  add_seed(c, o->seed);
  add_threads(c, o->threads);
  c.callback([o] { run(*o); });
}

}  // namespace ebm_mnist
