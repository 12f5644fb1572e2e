// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <ebm/io/state.hpp>
#include <ebm/log/checkpoint.hpp>
#include <ebm/log/metrics_csv.hpp>
#include <ebm/log/tensorboard_log.hpp>
#include <ebm/train/guard/divergence_guard.hpp>
#include <ebm/train/guard/scores.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/grouping_locale.hpp"
#include "support/image_net.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;
using ebm::EpochReport;
using ebm::Neural;
using ebm::Rng;
using ebm::Serial;
using ebm::Trainer;
using ebm::io::Checkpoint;
using ebm::io::MetricsCsv;

using ImageTrainer = Trainer<Neural<ImageNet>>;

std::string text_of(const fs::path& path) {
  const auto bytes = ebm::io::read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct StopAfter {
  std::int64_t iterations;
  void on_batch(ImageTrainer& trainer, const ebm::BatchReport& report) const {
    if (report.iteration == iterations) trainer.stop();
  }
};

/// Sets the monitored metric to one value an epoch.
struct Script {
  std::vector<double> values;
  void on_epoch(ImageTrainer&, EpochReport& report) const {
    report.metrics.set("val_contrastive_divergence",
                       values.at(static_cast<std::size_t>(report.epoch - 1)));
  }
};

ebm::Recipe<> recipe_of(int epochs) {
  ebm::Recipe recipe = short_recipe(3);
  recipe.epochs = epochs;
  return recipe;
}

/// Trains with all files of a run; picks the run up if there is one.
template <class... More>
void run_in(const fs::path& folder, std::int64_t stop_after, More&&... more) {
  constexpr int epochs = 3;
  Serial executor;
  Neural<ImageNet> model(Rng{3});
  ImageTrainer trainer(model, recipe_of(epochs), executor);
  ebm::EarlyStop early_stop({.patience = 2});
  Checkpoint checkpoint({.folder = folder, .keep = 2, .every = 2},
                        ebm::io::Saved{"early_stop", &early_stop});
  if (fs::exists(checkpoint.state_file())) checkpoint.resume(trainer);
  MetricsCsv csv({.file = folder / "metrics.csv", .every = 2});
  trainer.fit(images(130), Script{{-1, -3, -2}}, csv, early_stop, checkpoint, StopAfter{stop_after},
              more...);
}

/// The names and contents of all files but those of the time-keeping kind.
std::vector<std::string> content_of(const fs::path& folder) {
  std::vector<std::string> content;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".safetensors") continue;
    content.push_back(entry.path().filename().string() + text_of(entry.path()));
  }
  std::ranges::sort(content);
  return content;
}

/// A table without its last column, the seconds.
std::vector<std::string> rows_of(const fs::path& csv) {
  std::vector<std::string> rows;
  std::istringstream lines(text_of(csv));
  for (std::string line; std::getline(lines, line);)
    rows.push_back(line.substr(0, line.rfind(',')));
  return rows;
}

}  // namespace

TEST_CASE("the model's file has the average where the recipe averages, the state has both") {
  const TemporaryFolder folder;
  Serial executor;
  const ebm::Recipe plain = recipe_of(1);
  const ebm::Recipe recipe{.steps = plain.steps,
                           .starts = plain.starts,
                           .averaging = ebm::ExponentialAverage({.decay = 0.5}),
                           .epochs = plain.epochs,
                           .batch = plain.batch,
                           .rng = plain.rng};
  Neural<ImageNet> model(Rng{3}), loaded, resumed;
  Trainer trainer(model, recipe, executor);
  const auto noise = ebm::uniform_noise(4, 36, Rng{5});
  Checkpoint checkpoint({.folder = folder.path()});
  trainer.fit(images(130), ebm::Validation(noise, noise), checkpoint);
  ebm::io::load_model(checkpoint.model_file(), loaded);
  CHECK(std::ranges::equal(loaded.parameters(), trainer.model().parameters()));
  CHECK_FALSE(std::ranges::equal(loaded.parameters(), model.parameters()));
  Trainer other(resumed, recipe, executor);
  checkpoint.resume(other);
  CHECK(std::ranges::equal(resumed.parameters(), model.parameters()));
  CHECK(std::ranges::equal(other.model().parameters(), trainer.model().parameters()));
}

TEST_CASE("a state goes on in no run with other settings than those it was saved with") {
  const TemporaryFolder folder;
  Serial executor;
  Neural<ImageNet> model(Rng{3});
  ImageTrainer trainer(model, recipe_of(1), executor);
  using Settings = std::map<std::string, std::string>;
  const auto checkpoint = [&](const Settings& settings) {
    return Checkpoint({.folder = folder.path(), .settings = settings});
  };
  auto first = checkpoint({{"rate", "0.1"}, {"seed", "7"}});
  trainer.fit(images(64), Script{{-1}}, first);
  const auto refusal = [&](const Settings& settings) {
    return message_of<ebm::Error>([&] { checkpoint(settings).resume(trainer); });
  };
  const std::string state = "'" + first.state_file().string() + "'";
  CHECK(refusal({{"rate", "0.2"}, {"seed", "7"}}) ==
        state +
            " is of a run whose rate is '0.1', not '0.2': give the run its own settings back, "
            "or begin another one");
  CHECK(refusal({{"seed", ""}}).starts_with(state + " is of a run whose seed is '7', not ''"));
  // What one of the two does not know is no contradiction.
  CHECK_NOTHROW(checkpoint({{"seed", "7"}}).resume(trainer));
  CHECK_NOTHROW(checkpoint({{"seed", "7"}, {"rate", "0.1"}, {"newer", "1"}}).resume(trainer));
}

TEST_CASE(
    "a state that training could not go on from, or be put back to, is refused at the start") {
  const TemporaryFolder folder;
  Serial executor;
  Neural<ImageNet> model(Rng{3});
  ImageTrainer trainer(model, recipe_of(1), executor);
  ebm::OptionalCallback<ebm::DivergenceGuard<ebm::StuckChains>> guard(true, ebm::StuckChains());
  ebm::EarlyStop early_stop;
  Checkpoint checkpoint({.folder = folder.path()}, ebm::io::Saved{"guard", &guard},
                        ebm::io::Saved{"early_stop", &early_stop});
  trainer.fit(images(64), Script{{-1}}, guard, early_stop, checkpoint);
  const ebm::State whole = ebm::io::load_state(checkpoint.state_file());
  const auto refusal = [&](const std::string& name, std::vector<double> value) {
    ebm::State damaged;
    for (const auto& entry : whole.values()) {
      if (entry.first == name) {
        damaged.put(name, value);
      } else {
        damaged.put(entry.first, entry.second);
      }
    }
    ebm::io::save_state(checkpoint.state_file(), damaged);
    return message_of<ebm::Error>([&] { checkpoint.resume(trainer); });
  };
  const std::string start =
      "'" + checkpoint.state_file().string() + "' can't be gone on with: State: entry '";
  CHECK(refusal("guard.good.trainer.learning_rate_factor", {-1.0}) ==
        start + "guard.good.trainer.learning_rate_factor' is -1, expected 1e-300 to 1e+300");
  CHECK(refusal("guard.good.detection.mean", {}) ==
        start + "guard.good.detection.mean' holds 0 numbers, expected 1");
  const auto is_no_number = [&](const std::string& name, const std::string& expected) {
    CAPTURE(name);
    CHECK(refusal(name, {std::nan("")}).ends_with("'" + name + "' is nan, expected " + expected));
  };
  const std::string finite = "a finite one, 1.79769e+308 at most in size";
  is_no_number("guard.good.detection.mean", finite);
  is_no_number("guard.detection.mean", finite);
  is_no_number("checkpoint.best_values", finite);
  is_no_number("early_stop.best", "-inf to inf");
  CHECK(refusal("none", {}) == "(nothing was thrown)");
}

TEST_CASE("a state's file gives back the state, and the same bytes for the same state") {
  const TemporaryFolder folder;
  ebm::State state;
  state.put("floats", std::vector{1.5f, -0.0f});
  state.put("double", 0.1);
  state.put("none", std::vector<float>());
  ebm::State part;
  part.put("count", std::int64_t{-7});
  state.put("part", part);
  ebm::io::save_state(folder / "a", state);
  CHECK(ebm::io::load_state(folder / "a") == state);
  ebm::io::save_state(folder / "b", ebm::io::load_state(folder / "a"));
  CHECK(text_of(folder / "a") == text_of(folder / "b"));

  ebm::io::SafeTensors other;
  other.add("bytes", {1}, std::vector<std::uint8_t>{1});
  ebm::io::write_safetensors(folder / "c", other);
  CHECK(message_of<ebm::Error>([&] { return ebm::io::load_state(folder / "c"); }) ==
        "tensor 'bytes' of '" + (folder / "c").string() + "' holds U8, expected F32, F64 or I64");
}

TEST_CASE("a run's files have the same names and bytes in a locale that groups digits") {
  const TemporaryFolder plain, german;
  run_in(plain.path(), 100);
  {
    const GroupingLocale locale;
    run_in(german.path(), 100);
  }
  CHECK(content_of(german.path()) == content_of(plain.path()));
}

TEST_CASE("a checkpoint keeps the newest and the best models") {
  const TemporaryFolder folder;
  run_in(folder.path(), -1);
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    names.push_back(entry.path().filename());
  }
  std::ranges::sort(names);
  CHECK(names == std::vector<std::string>{"best.safetensors", "best_epoch_002.safetensors",
                                          "best_epoch_003.safetensors", "metrics.csv",
                                          "model.safetensors", "state.safetensors"});
  CHECK(text_of(folder / "best.safetensors") == text_of(folder / "best_epoch_002.safetensors"));
  CHECK(text_of(folder / "model.safetensors") == text_of(folder / "best_epoch_003.safetensors"));
  CHECK(ebm::io::read_safetensors(folder / "best.safetensors").metadata().at("epoch") == "2");
}

TEST_CASE("a run that is stopped in its first epoch has a model already") {
  const TemporaryFolder folder;
  run_in(folder.path(), 1);
  Neural<ImageNet> model, start(Rng{3});
  ebm::io::load_model(folder / "model.safetensors", model);
  CHECK_FALSE(std::ranges::equal(model.parameters(), start.parameters()));
  CHECK(ebm::io::read_safetensors(folder / "model.safetensors").metadata().at("epoch") == "0");
}

TEST_CASE("a run that was stopped anywhere leaves the files of one that was not") {
  const TemporaryFolder whole;
  run_in(whole.path(), -1);
  for (std::int64_t stop = 1; stop < 9; ++stop) {
    CAPTURE(stop);
    const TemporaryFolder parts;
    run_in(parts.path(), stop);
    run_in(parts.path(), -1);
    CHECK(content_of(parts.path()) == content_of(whole.path()));
    CHECK(rows_of(parts / "metrics.csv") == rows_of(whole / "metrics.csv"));
  }
}

TEST_CASE("a run that was killed goes on from the last saved state, without the rows after it") {
  const TemporaryFolder whole, killed;
  run_in(whole.path(), -1);
  run_in(killed.path(), 4);  // saved at step 4
  fs::copy_file(killed / "state.safetensors", killed / "earlier");
  run_in(killed.path(), 8);  // goes on to step 8, but what it saved is lost
  fs::rename(killed / "earlier", killed / "state.safetensors");
  run_in(killed.path(), -1);
  CHECK(content_of(killed.path()) == content_of(whole.path()));
  CHECK(rows_of(killed / "metrics.csv") == rows_of(whole / "metrics.csv"));
}

TEST_CASE("the end of an epoch that a crash took back is in the table once") {
  const TemporaryFolder whole, killed;
  run_in(whole.path(), -1);
  // Step 6 ends epoch 2 and saves; the row of the epoch is written, then the process dies.
  struct CopyState {
    fs::path folder;
    void on_batch(ImageTrainer&, const ebm::BatchReport& report) const {
      if (report.iteration == 6) fs::copy_file(folder / "state.safetensors", folder / "earlier");
    }
  };
  run_in(killed.path(), 6, CopyState{killed.path()});
  fs::rename(killed / "earlier", killed / "state.safetensors");
  run_in(killed.path(), -1);
  CHECK(rows_of(killed / "metrics.csv") == rows_of(whole / "metrics.csv"));
}

TEST_CASE("rows are in the table as soon as they are measured") {
  const TemporaryFolder folder;
  struct Die {
    void on_batch(ImageTrainer&, const ebm::BatchReport& report) const {
      if (report.iteration == 5) throw ebm::Error("killed");
    }
  };
  CHECK_THROWS_AS(run_in(folder.path(), -1, Die{}), ebm::Error);
  const auto rows = rows_of(folder / "metrics.csv");
  REQUIRE(rows.size() == 1 + 2 + 1);
  CHECK(rows.back().starts_with("2,4,"));
}

TEST_CASE("an epoch that is made anew takes its place among the best if it is better") {
  const TemporaryFolder folder;
  Serial executor;
  Neural<ImageNet> model(Rng{3});
  ImageTrainer trainer(model, recipe_of(3), executor);
  Checkpoint checkpoint({.folder = folder.path(), .keep = 2});
  for (const auto& [epoch, value] : {std::pair{1, -1.0},
                                     {2, -3.0},
                                     {3, -2.0},  // put back
                                     {2, -1.0},
                                     {3, -4.0}}) {
    EpochReport report;
    report.epoch = epoch;
    report.metrics.set("val_contrastive_divergence", value);
    model.change_parameters([&](auto parameters) { parameters[0] = static_cast<float>(value); });
    checkpoint.on_epoch(trainer, report);
  }
  const auto kept = [&](const char* name) {
    const auto file = ebm::io::read_safetensors(folder / name);
    return file.get<float>("conv1.weight", {4, 1, 3, 3}).front();
  };
  CHECK(kept("best.safetensors") == -4);
  CHECK(kept("best_epoch_003.safetensors") == -4);
  CHECK(kept("best_epoch_002.safetensors") == -3);
  CHECK(checkpoint.best()->epoch == 3);
}

TEST_CASE("the table of metrics has a row for every so many batches and for each epoch") {
  const TemporaryFolder folder;
  run_in(folder.path(), -1);
  const auto rows = rows_of(folder / "metrics.csv");
  REQUIRE(rows.size() == 1 + 4 + 3);
  CHECK(rows[0] ==
        "epoch,iteration,loss,loss_regularization,loss_contrastive_divergence,metrics_avg_real,"
        "metrics_avg_fake,gradient_norm,val_contrastive_divergence");
  CHECK(rows[1].starts_with("1,2,"));
  CHECK(rows[2] == "1,3,,,,,,,-1");
  CHECK(rows[3].starts_with("2,4,"));
}

TEST_CASE("the best model is that of the highest value where higher is better") {
  const TemporaryFolder folder;
  Serial executor;
  Neural<ImageNet> model;
  Trainer trainer(model, recipe_of(1), executor);
  const ebm::Monitor accuracy{"accuracy", ebm::Better::higher};
  Checkpoint checkpoint({.folder = folder.path(), .monitor = accuracy, .keep = 2});
  for (const auto& [epoch, value] : {std::pair{1, 0.7}, {2, 0.9}, {3, 0.8}}) {
    EpochReport report;
    report.epoch = epoch;
    report.metrics.set("accuracy", value);
    checkpoint.on_epoch(trainer, report);
  }
  CHECK(checkpoint.best()->epoch == 2);
  CHECK_FALSE(fs::exists(folder / "best_epoch_001.safetensors"));
  CHECK(fs::exists(folder / "best_epoch_003.safetensors"));
}

TEST_CASE("files that can't be written are refused before the first iteration") {
  const TemporaryFolder folder;
  Serial executor;
  Neural<ImageNet> model;
  Trainer trainer(model, recipe_of(1), executor);
  Script script{{1}};
  const auto refused = [&](auto&& callback) {
    return message_of<ebm::Error>([&] { trainer.fit(images(130), script, callback); });
  };
  const std::string nowhere = "'" + (folder / "no").string() + "'";
  CHECK(refused(Checkpoint({.folder = folder / "no"})).ends_with("there is no folder " + nowhere));
  CHECK(refused(MetricsCsv({.file = folder / "no/metrics.csv"}))
            .ends_with("there is no folder " + nowhere));
  CHECK(trainer.position().iteration == 0);
}

TEST_CASE("a row of the table is appended, and a line that was cut short is left out") {
  const TemporaryFolder folder;
  const fs::path file = folder / "metrics.csv";
  Serial executor;
  Neural<ImageNet> model;
  Trainer trainer(model, recipe_of(3), executor);
  MetricsCsv csv({.file = file, .every = 1});
  std::vector<std::uintmax_t> inodes;  // another one where the file was replaced
  trainer.fit(images(130), csv, [&](const auto&) {
    struct stat status;
    REQUIRE(::stat(file.c_str(), &status) == 0);
    inodes.push_back(status.st_ino);
  });
  // The first row makes the file, and that of the first epoch has a new column.
  const auto batches = static_cast<std::ptrdiff_t>(inodes.size() / 3 - 1);
  CHECK(std::ranges::count(inodes, inodes.front()) == batches);
  CHECK(std::ranges::count(inodes, inodes.back()) ==
        static_cast<std::ptrdiff_t>(inodes.size()) - batches);
  const auto rows = rows_of(file);
  REQUIRE(rows.size() == 1 + inodes.size());

  // Killed while a line was written: "3,1" was to be "3,12".
  const std::string text = text_of(file);
  ebm::io::write_file_atomically(file, text.substr(0, text.rfind("\n3,") + 4));
  MetricsCsv again({.file = file, .every = 1});
  again.on_start(trainer);
  again.on_end(trainer);
  CHECK(rows_of(file).size() == rows.size() - 1);
}

TEST_CASE("a table that is none is refused where rows are to be kept") {
  const TemporaryFolder folder;
  run_in(folder.path(), 4);
  const auto complaint_about = [&](std::string_view text) {
    ebm::io::write_file_atomically(folder / "metrics.csv", text);
    const auto message = message_of<ebm::Error>([&] { run_in(folder.path(), -1); });
    const std::string start =
        "'" + (folder / "metrics.csv").string() + "' is no table of metrics: ";
    const std::string end = "; move it away to go on without its rows";
    const bool is_of_the_table = message.starts_with(start) && message.ends_with(end);
    return is_of_the_table
               ? message.substr(start.size(), message.size() - start.size() - end.size())
               : message;
  };
  for (const char* text : {"", "x\n", "a,b\n1,2\n"}) {
    CHECK(complaint_about(text) == "its first columns are not epoch and iteration");
  }
  for (const char* text :
       {"epoch,iteration\n1,\n", "epoch,iteration\n1,1e3\n", "epoch,iteration\n1,-4"}) {
    CHECK(complaint_about(text) == "row 1 has no iteration");
  }
  CHECK(complaint_about("epoch,iteration\n1,1\n=cmd(),2\n") == "row 2 has no epoch");
  CHECK(complaint_about("epoch,iteration,\n") == "a column has no name");
  CHECK(complaint_about("epoch,iteration,a,b,a\n") == "two columns are called 'a'");
  // Two cells of a hundred would be written again with all hundred.
  CHECK(complaint_about("epoch,iteration,loss\n1,1,2\n1,2\n") == "row 2 has 2 cells, expected 3");
  CHECK(complaint_about("epoch,iteration,loss\n1,1,2,3\n") == "row 1 has 4 cells, expected 3");
  CHECK(complaint_about("epoch,iteration" + std::string(255, ',') + "\n") ==
        "it has more than 256 columns");
}

TEST_CASE("a table keeps what an editor or another system made of its lines") {
  const TemporaryFolder folder;
  const fs::path file = folder / "metrics.csv";
  Serial executor;
  Neural<ImageNet> model;
  Trainer trainer(model, recipe_of(3), executor);
  trainer.fit(images(130), StopAfter{6});
  for (const char* text :
       {"epoch,iteration,a\r\n1,1,2\r\n1,2,\r\n", "epoch,iteration,a\n\n1,1,2\n1,2,",
        "epoch,iteration,a\n1,1,2\n1,2,\n1,"}) {
    ebm::io::write_file_atomically(file, std::string_view(text));
    MetricsCsv csv({.file = file});
    csv.on_start(trainer);
    csv.on_end(trainer);
    CHECK(text_of(file) == "epoch,iteration,a\n1,1,2\n1,2,\n");
  }
}

TEST_CASE("a table of another training does not begin with the rows of the one before") {
  const TemporaryFolder folder;
  MetricsCsv csv({.file = folder / "metrics.csv", .every = 1});
  Serial executor;
  std::vector<std::string> first;
  for (int training = 0; training < 2; ++training) {
    Neural<ImageNet> model(Rng{3});
    Trainer trainer(model, recipe_of(1), executor);
    trainer.fit(images(130), csv);
    if (training == 0) first = rows_of(folder / "metrics.csv");
  }
  CHECK(rows_of(folder / "metrics.csv") == first);
}

TEST_CASE("a metric that would break the table is refused") {
  const TemporaryFolder folder;
  Serial executor;
  Neural<ImageNet> model;
  Trainer trainer(model, recipe_of(1), executor);
  const auto complaint = [&](const auto&... names) {
    MetricsCsv csv({.file = folder / "metrics.csv"});
    EpochReport report;
    (report.metrics.set(names, 1), ...);
    return message_of<ebm::InvalidArgument>([&] { csv.on_epoch(trainer, report); });
  };
  CHECK(
      complaint("precision, recall") ==
      "MetricsCsv: 'precision, recall' can't head a column: expected letters, but no comma, quote "
      "or line break");
  for (const std::string& name : {std::string(), std::string("a\0b", 3), std::string("a\nb")}) {
    CHECK(complaint(name).starts_with("MetricsCsv: '"));
  }
  for (const std::string name : {"epoch", "iteration", "seconds"}) {
    CHECK(complaint(name) ==
          "MetricsCsv: a metric can't be called '" + name + "', as a column of each table is");
  }
  MetricsCsv csv({.file = folder / "metrics.csv"});
  EpochReport report;
  for (int i = 0; i < 253; ++i) report.metrics.set("metric" + std::to_string(i), i);
  csv.on_epoch(trainer, report);
  report.metrics.set("more", 1);
  CHECK(message_of<ebm::InvalidArgument>([&] { csv.on_epoch(trainer, report); }) ==
        "MetricsCsv: there are more than 256 columns");
}

TEST_CASE("a state of another run is refused") {
  const TemporaryFolder folder;
  ebm::State state;
  state.put("trainer.parameters", 1.0);
  ebm::io::save_state(folder / "state.safetensors", state);
  CHECK_THROWS_AS(run_in(folder.path(), -1), ebm::Error);
}

TEST_CASE("checkpoints and logs that make no sense are refused") {
  using ebm::InvalidArgument;
  CHECK(message_of<InvalidArgument>([] { Checkpoint({.folder = "x", .keep = 0}); }) ==
        "Checkpoint: keep must be >= 1, got 0");
  CHECK(message_of<InvalidArgument>([] { Checkpoint({.folder = "x", .every = -1}); }) ==
        "Checkpoint: every must be >= 0, got -1");
  CHECK(message_of<InvalidArgument>([] { MetricsCsv({.file = "x", .every = 0}); }) ==
        "MetricsCsv: every must be >= 1, got 0");
  CHECK(message_of<InvalidArgument>([] { ebm::io::TensorBoardLog({.folder = "x", .every = 0}); }) ==
        "TensorBoardLog: every must be >= 1, got 0");
}
