// SPDX-License-Identifier: MIT
#include "run_folder.hpp"

#include <ebm/io/digits.hpp>
#include <ebm/io/quoted.hpp>
#include <ebm/io/write_file.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "run_record.hpp"

namespace ebm_mnist::inline EBM_INSTRUCTION_SET {

namespace {

namespace fs = std::filesystem;

fs::path picture_file(const fs::path& folder, const char* kind, int epoch) {
  const auto number = ebm::io::zero_padded(static_cast<std::uint64_t>(epoch), 3);
  return folder / kind / ("epoch_" + number + ".png");
}

fs::path created(const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure || !fs::is_directory(folder)) {
    throw ebm::Error(ebm::sentence("train: can't create ", ebm::io::quoted(folder), ": ",
                                   failure ? failure.message() : "it is a file"));
  }
  return folder;
}

}  // namespace

RunFolder::RunFolder(const TrainOptions& o)
    : folder_(created(o.out)),
      lock_(o.lock ? o.lock : std::make_shared<const FolderLock>(folder_)),
      earlier_(folder_, *lock_),
      configuration_(o.configuration),
      is_resumed_(o.resume),
      save_every_(o.save_every) {
  for (const fs::path& folder : folders_of_run(folder_)) ebm::io::remove_broken_writes(folder);
  is_new_ = fs::is_empty(folder_);
  if (!is_resumed_ && !is_new_ && !o.overwrite) {
    throw ebm::Error(ebm::sentence("train: ", ebm::io::quoted(folder_),
                                   " is not empty: choose another --out, or pass --overwrite"));
  }
  created(folder_ / "samples");
  if (o.pictures_every > 0) {
    created(folder_ / "generation");
    if (o.recipe == "tutorial") created(folder_ / "sampler");  // the buffer, which others have not
  }
  for (const char* name : {"model.safetensors", "best.safetensors", "state.safetensors",
                           "metrics.csv", "config.toml", "guard.jsonl"}) {
    ebm::io::require_writable(folder_ / name);
  }
  ebm::io::require_writable(picture_file(folder_, "samples", 1));
  if (!is_resumed_) earlier_.list();
}

void RunFolder::add_picture(const char* kind, int epoch, const ebm::io::Picture& picture) {
  begin();
  ebm::io::write_png(picture_file(folder_, kind, epoch), picture);
}

void RunFolder::add_event(const ebm::GuardEvent& event) {
  const nlohmann::ordered_json json{{"iteration", event.iteration},
                                    {"epoch", event.epoch},
                                    {"what", event.what},
                                    {"action", event.action}};
  events_.push_back(json.dump());
  if (!waits()) write_events();
}

void RunFolder::begin() {
  if (has_begun_) return;
  has_begun_ = true;
  earlier_.set_aside();
  ebm::io::write_file_atomically(folder_ / "config.toml", configuration_);
  if (!events_.empty()) write_events();
}

void RunFolder::replace() {
  if (has_begun_ && fs::exists(folder_ / "state.safetensors")) earlier_.let_go();
}

/// What an earlier session saw after the step where this one goes on is yet to come again.
void RunFolder::keep_events(std::int64_t last_iteration) {
  std::ifstream lines(folder_ / "guard.jsonl");
  for (std::string line; std::getline(lines, line);) {
    const auto event = nlohmann::json::parse(line.substr(0, longest_event), nullptr, false);
    const auto iteration = event.find("iteration");  // end, if it is no object
    const bool is_known = iteration != event.end() && iteration->is_number_integer();
    if (is_known && iteration->get<std::int64_t>() <= last_iteration) events_.push_back(line);
  }
  if (lines.is_open()) write_events();
}

void RunFolder::write_events() const {
  std::string text;
  for (const std::string& event : events_) text += event + '\n';
  ebm::io::write_file_atomically(folder_ / "guard.jsonl", text);
}

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
