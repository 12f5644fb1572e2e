// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <ebm/io/digits.hpp>
#include <ebm/io/model.hpp>
#include <ebm/io/state.hpp>
#include <ebm/io/write_file.hpp>
#include <ebm/train/callback.hpp>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <tuple>

/// A run's model on disk, and what the run needs to go on.
namespace ebm::inline EBM_ABI::io {

/// Options of `Checkpoint`.
struct CheckpointOptions {
  std::filesystem::path folder;                    ///< exists already
  Monitor monitor = "val_contrastive_divergence";  ///< says which epochs are best
  int keep = 1;                                    ///< models kept of the best epochs, >= 1
  int every = 0;       ///< steps from one saved state to the next within an epoch; 0: epochs only
  bool writes = true;  ///< false: only `resume`s, as all ranks but the first do
  /// What decides the numbers of the run, such as the options of its program, by name: saved with
  /// the state, which then goes on in no run that has other ones.
  std::map<std::string, std::string> settings{};
  /// Of the model files, beside format and epoch; asked for before each is written.
  std::function<std::map<std::string, std::string>()> metadata{};
};

/// A callback of the run that is saved with it, under a name of its own.
///
/// If it keeps a state of the trainer, as a guard does, its member `trainer_state()` returns it.
template <Stateful S>
struct Saved {
  std::string_view name;
  S* object;
};

/// Callback: writes the newest and the best model, and a state from which the run goes on to the
/// very bytes that it would have ended with.
///
/// After each epoch: `model.safetensors`, the newest; `best.safetensors`, that of the best value
/// of `monitor` (and with keep > 1 `best_epoch_007.safetensors` of so many epochs);
/// `state.safetensors`, also every so many steps and where training is stopped, with a model if
/// there is none yet. Stands after the callbacks whose metric it watches and whose states it saves.
/// Throws `Error` if a file can't be written.
template <class... Parts>
class Checkpoint {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit Checkpoint(CheckpointOptions options, Saved<Parts>... parts)
      : options_(std::move(options)), parts_(parts...) {
    require(options_.keep >= 1, "Checkpoint: keep must be >= 1, got ", options_.keep);
    require(options_.every >= 0, "Checkpoint: every must be >= 0, got ", options_.every);
  }

  [[nodiscard]] std::filesystem::path model_file() const { return file("model"); }
  [[nodiscard]] std::filesystem::path best_file() const { return file("best"); }
  [[nodiscard]] std::filesystem::path state_file() const { return file("state"); }

  /// Puts the trainer and the callbacks where the saved run was.
  ///
  /// Throws `Error` if the state can't be read or is that of another run, and names the setting
  /// that is another.
  template <class Trainer>
  void resume(Trainer& trainer) {
    SafeTensors content = read_safetensors(state_file());
    require_same_settings(content.metadata());
    const State state = state_in(std::move(content));
    try {
      restore(state.part("checkpoint"));
      std::apply([&](auto&... part) { (restore(trainer, part, state), ...); }, parts_);
      trainer.restore(state.part("trainer"));
    } catch (const Error& error) {
      throw Error(sentence(quoted(state_file()), " can't be gone on with: ", error.what()));
    }
    saved_iteration_ = trainer.position().iteration;
  }

  template <class Trainer>
  [[nodiscard]] MetricUse metric_use(Trainer&) const {
    return {.sets = {}, .needs = {options_.monitor.metric}};
  }

  /// Throws `Error` unless the files can be written.
  template <class Trainer>
  void on_start(Trainer&) const {
    if (!options_.writes) return;
    for (const auto& path : {model_file(), best_file(), state_file()}) require_writable(path);
  }

  template <class Trainer>
  void on_batch(Trainer& trainer, const BatchReport& report) {
    if (options_.writes && options_.every > 0 && report.iteration % options_.every == 0)
      save(trainer);
  }

  template <class Trainer>
  void on_epoch(Trainer& trainer, const EpochReport& report) {
    if (!options_.writes) return;
    const auto metadata = model_metadata(report.epoch);
    save_model(model_file(), trainer.model(), metadata);
    const Monitor& monitor = options_.monitor;
    const double value = report.metrics.at(monitor.metric);
    // An epoch that is made anew, because training was put back, counts if it is better this time.
    const auto first_try = std::ranges::find(best_, report.epoch, &Best::epoch);
    const bool is_worse = first_try != best_.end() && !monitor.is_better(value, first_try->value);
    if (first_try != best_.end() && !is_worse) best_.erase(first_try);
    const auto is_better = [&](double a, double b) { return monitor.is_better(a, b); };
    const auto place = std::ranges::upper_bound(best_, value, is_better, &Best::value);
    if (!is_worse && std::isfinite(value) && place - best_.begin() < options_.keep) {
      if (place == best_.begin()) {
        save_model(best_file(), trainer.model(), metadata);
      }
      if (options_.keep > 1) {
        save_model(epoch_file(report.epoch), trainer.model(), metadata);
      }
      best_.insert(place, Best{value, report.epoch});
    }
    while (static_cast<int>(best_.size()) > options_.keep) {
      remove_file(epoch_file(best_.back().epoch));
      best_.pop_back();
    }
    save(trainer);
  }

  template <class Trainer>
  void on_end(Trainer& trainer) {
    if (options_.writes && trainer.position().iteration != saved_iteration_) save(trainer);
  }

  /// An epoch whose model is kept.
  struct Best {
    double value;  ///< of the monitored metric
    int epoch;
  };

  /// The best epoch so far, if there is one.
  [[nodiscard]] std::optional<Best> best() const {
    return best_.empty() ? std::nullopt : std::optional(best_.front());
  }

  [[nodiscard]] State state() const {
    std::vector<double> values;
    std::vector<std::int64_t> epochs;
    for (const Best& best : best_) {
      values.push_back(best.value);
      epochs.push_back(best.epoch);
    }
    State state;
    state.put("best_count", static_cast<std::int64_t>(best_.size()));
    state.put("best_values", std::move(values));
    state.put("best_epochs", std::move(epochs));
    return state;
  }

  void restore(const State& state) {
    const auto count = static_cast<std::size_t>(state.count("best_count"));
    const auto values = state.finite<double>("best_values", count);
    const auto epochs = state.get<std::int64_t>("best_epochs", count);
    best_.clear();
    for (std::size_t i = 0; i < count; ++i) {
      if (epochs[i] < 1 || epochs[i] >= std::numeric_limits<int>::max()) {
        throw Error(sentence("State: entry 'best_epochs' has the epoch ", epochs[i]));
      }
      best_.push_back({values[i], static_cast<int>(epochs[i])});
    }
  }

 private:
  [[nodiscard]] std::filesystem::path file(const std::string& name) const {
    return options_.folder / (name + ".safetensors");
  }
  [[nodiscard]] std::filesystem::path epoch_file(int epoch) const {
    return file("best_epoch_" + zero_padded(static_cast<std::uint64_t>(epoch), 3));
  }

  template <class Trainer, class Part>
  static void restore(Trainer& trainer, const Saved<Part>& saved, const State& state) {
    saved.object->restore(state.part(saved.name));
    // What training may be put back to later is tried now: then there is no way back from it.
    if constexpr (requires { saved.object->trainer_state(); }) {
      if (const auto kept = saved.object->trainer_state()) trainer.restore(*kept);
    }
  }

  void require_same_settings(const std::map<std::string, std::string>& saved) const {
    for (const auto& [name, value] : options_.settings) {
      const auto before = saved.find(name);
      if (before == saved.end() || before->second == value) continue;
      throw Error(sentence(quoted(state_file()), " is of a run whose ", name, " is ",
                           quoted_text(before->second), ", not ", quoted_text(value),
                           ": give the run its own settings back, or begin another one"));
    }
  }

  /// epochs: that the model has been trained
  [[nodiscard]] std::map<std::string, std::string> model_metadata(int epochs) const {
    auto metadata = options_.metadata ? options_.metadata() : std::map<std::string, std::string>();
    metadata.insert({{"format", "pt"}, {"epoch", std::to_string(epochs)}});
    return metadata;
  }

  template <class Trainer>
  void save(Trainer& trainer) {
    std::error_code unknown;
    if (!std::filesystem::exists(model_file(), unknown)) {
      save_model(model_file(), trainer.model(), model_metadata(trainer.position().epoch - 1));
    }
    State all;
    all.put("trainer", trainer.state());
    all.put("checkpoint", state());
    std::apply([&](const auto&... part) { (all.put(part.name, part.object->state()), ...); },
               parts_);
    save_state(state_file(), all, options_.settings);
    saved_iteration_ = trainer.position().iteration;
  }

  CheckpointOptions options_;
  std::tuple<Saved<Parts>...> parts_;
  std::vector<Best> best_;  // the best first
  std::int64_t saved_iteration_ = -1;
};

static_assert(Stateful<Checkpoint<>>);

}  // namespace ebm::inline EBM_ABI::io
