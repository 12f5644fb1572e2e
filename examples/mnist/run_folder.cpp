// SPDX-License-Identifier: MIT
#include "run_folder.hpp"

#include <ebm/io/digits.hpp>
#include <ebm/io/file.hpp>
#include <ebm/io/quoted.hpp>
#include <ebm/io/write_file.hpp>
#include <iostream>
#include <sstream>
#include <vector>

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
  std::error_code unknown;
  if (fs::is_directory(folder, unknown)) return folder;
  const bool is_link = fs::is_symlink(folder, unknown);
  throw ebm::Error(ebm::sentence("train: can't create ", ebm::io::quoted(folder), ": ",
                                 is_link   ? "it is a link that leads to no folder"
                                 : failure ? failure.message()
                                           : "it is a file"));
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
  require_no_pipes(folder_);
  require_no_folders(folder_);
  std::vector<const char*> kinds{"samples"};
  if (o.pictures_every > 0) {
    kinds.push_back("generation");
    if (o.recipe == "tutorial") kinds.push_back("sampler");  // the buffer, which others have not
  }
  for (const char* kind : kinds) {
    created(folder_ / kind);
    ebm::io::require_writable(picture_file(folder_, kind, 1));
  }
  if (!o.no_tensorboard) {
    ebm::io::require_writable(created(tensorboard(folder_)) / "events.out.tfevents.0");
  }
  for (const char* name : {"model.safetensors", "best.safetensors", "state.safetensors",
                           "metrics.csv", "config.toml", "guard.jsonl"}) {
    ebm::io::require_writable(folder_ / name);
  }
  if (!is_resumed_) earlier_.list();
}

void RunFolder::add_picture(const char* kind, int epoch, const ebm::io::Picture& picture) {
  begin();
  ebm::io::write_png(picture_file(folder_, kind, epoch), picture);
}

void RunFolder::add_event(const ebm::GuardEvent& event) {
  events_ += line_of({event.iteration, event.epoch, event.what, event.action});
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
  const fs::path file = folder_ / "guard.jsonl";
  if (!fs::exists(file)) return;
  std::istringstream lines(ebm::io::read_text(file));
  int unknown = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto event = event_of(line);
    if (event && event->iteration <= last_iteration) events_ += line_of(*event);
    unknown += !event && !line.empty();
  }
  if (unknown > 0) {
    std::cerr << "ebm-mnist: lines of " << ebm::io::quoted(file)
              << " that are no events of the divergence guard are gone: " << unknown << '\n';
  }
  write_events();
}

void RunFolder::write_events() const {
  ebm::io::write_file_atomically(folder_ / "guard.jsonl", events_);
}

}  // namespace ebm_mnist::inline EBM_INSTRUCTION_SET
