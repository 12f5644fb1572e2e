// SPDX-License-Identifier: MIT
#include "earlier_run.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <ebm/core/error.hpp>
#include <ebm/io/file.hpp>
#include <ebm/io/quoted.hpp>
#include <ebm/io/write_file.hpp>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

namespace ebm_mnist {

namespace {

namespace fs = std::filesystem;

constexpr std::array picture_folders{"samples", "generation", "sampler"};
constexpr const char* event_folder = "tensorboard";
constexpr std::array single_files{"model.safetensors", "best.safetensors", "state.safetensors",
                                  "metrics.csv",       "config.toml",      "guard.jsonl",
                                  "report.html"};
constexpr std::string_view list_name = ".ebm-earlier";
constexpr std::string_view done_name = ".ebm-earlier.done";  // the list of a run that is let go
constexpr std::string_view aside_prefix = ".ebm-earlier-";

/// Whether a name is `prefix`, at least three digits, and `suffix`.
bool is_numbered(std::string_view name, std::string_view prefix, std::string_view suffix) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return false;
  name.remove_prefix(prefix.size());
  if (name.size() < suffix.size() + 3) return false;
  name.remove_suffix(suffix.size());
  return std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// Whether the program writes files of that name into that folder of a run.
bool is_of_a_run(const fs::path& folder, const std::string& name) {
  if (folder.empty()) {
    return std::ranges::find(single_files, name) != single_files.end() ||
           is_numbered(name, "best_epoch_", ".safetensors");
  }
  if (folder == event_folder) {
    return name.starts_with("events.out.tfevents.") && name.find('\n') == name.npos;
  }
  return is_numbered(name, "epoch_", ".png");
}

/// Whether there is something of that name, be it a link that leads nowhere.
bool is_there(const fs::path& path) {
  std::error_code unknown;
  return fs::exists(fs::symlink_status(path, unknown));
}

/// Calls f(entry) for all that is in the folder of a run.
template <class F>
void for_each_entry(const fs::path& run, const fs::path& folder, F f) {
  const fs::path place = run / folder;
  std::error_code failure;
  if (!fs::is_directory(place, failure)) return;
  for (const auto& entry : fs::directory_iterator(place, failure)) f(entry);
  if (!failure) return;
  throw ebm::Error(
      ebm::sentence("can't read the folder ", ebm::io::quoted(place), ": ", failure.message()));
}

/// Calls f(name) for each file there.
template <class F>
void for_each_file(const fs::path& run, const fs::path& folder, F f) {
  for_each_entry(run, folder, [&](const fs::directory_entry& entry) {
    std::error_code unknown;
    const bool is_link = fs::is_symlink(entry.symlink_status(unknown));
    if (entry.is_regular_file(unknown) || is_link) f(entry.path().filename().string());
  });
}

/// The folders in a run, as paths inside of it; its own is empty.
std::vector<fs::path> inner_folders() {
  std::vector<fs::path> folders{fs::path()};
  folders.insert(folders.end(), picture_folders.begin(), picture_folders.end());
  folders.emplace_back(event_folder);
  return folders;
}

/// The run's files that are there, as paths inside of it.
std::vector<fs::path> files_of_run(const fs::path& run) {
  std::vector<fs::path> files;
  for (const fs::path& folder : inner_folders()) {
    for_each_file(run, folder, [&](const std::string& name) {
      if (is_of_a_run(folder, name)) files.push_back(folder / name);
    });
  }
  std::ranges::sort(files);
  return files;
}

/// What the files that are set aside are called where nothing lists them.
std::vector<fs::path> files_aside(const fs::path& run) {
  std::vector<fs::path> files;
  for (const fs::path& folder : inner_folders()) {
    for_each_file(run, folder, [&](const std::string& name) {
      if (name.starts_with(aside_prefix) && is_of_a_run(folder, name.substr(aside_prefix.size()))) {
        files.push_back(folder / name);
      }
    });
  }
  return files;
}

fs::path aside(const fs::path& file) {
  return file.parent_path() / (std::string(aside_prefix) + file.filename().string());
}

void rename_file(const fs::path& from, const fs::path& to) {
  std::error_code failure;
  fs::rename(from, to, failure);
  if (!failure) return;
  throw ebm::Error(ebm::sentence("can't rename ", ebm::io::quoted(from), " to ",
                                 ebm::io::quoted(to), ": ", failure.message()));
}

/// A line for each file and one that says how many there are.
void write_list(const fs::path& path, const std::vector<fs::path>& files) {
  std::string text;
  for (const fs::path& file : files) text += file.string() + '\n';
  ebm::io::write_file_atomically(path, ebm::sentence(text, files.size(), " files\n"));
}

/// Throws `ebm::Error` unless the list is whole and names nothing but files of a run.
std::vector<fs::path> read_list(const fs::path& path) {
  const std::string text = fs::is_regular_file(path) ? ebm::io::read_text(path) : "";
  std::vector<fs::path> files;
  std::size_t at = 0;
  for (std::size_t end; (end = text.find('\n', at)) != text.npos; at = end + 1) {
    files.emplace_back(text.substr(at, end - at));
  }
  const std::string last = files.empty() ? "" : files.back().string();
  if (!files.empty()) files.pop_back();
  std::ranges::sort(files);
  const bool is_set = !files.empty() && std::ranges::adjacent_find(files) == files.end();
  const auto inner = inner_folders();
  const bool is_whole = at == text.size() && last == ebm::sentence(files.size(), " files") &&
                        is_set && std::ranges::all_of(files, [&](const fs::path& file) {
                          return std::ranges::find(inner, file.parent_path()) != inner.end() &&
                                 is_of_a_run(file.parent_path(), file.filename().string());
                        });
  if (!is_whole) {
    throw ebm::Error(ebm::sentence(ebm::io::quoted(path),
                                   ", which lists the files of a run that was to be replaced, is "
                                   "damaged: what is left of that run is in files whose names "
                                   "begin with .ebm-earlier-; move what is to stay, and remove the "
                                   "list"));
  }
  return files;
}

/// Throws `ebm::Error` if an entry with the name of a run's file is one of `these`.
template <class Predicate>
void refuse(const fs::path& run, const char* what, Predicate these) {
  for (const fs::path& folder : inner_folders()) {
    for_each_entry(run, folder, [&](const fs::directory_entry& entry) {
      if (!is_of_a_run(folder, entry.path().filename().string()) || !these(entry)) return;
      throw ebm::Error(ebm::sentence(ebm::io::quoted(entry.path()), " ", what,
                                     ", but a run has a file of this name: move it away, or choose "
                                     "another folder"));
    });
  }
}

/// What was renamed in the folders of a run is so after a power failure too, as far as the file
/// system lets it be known.
void settle(const fs::path& run) {
  for (const fs::path& folder : folders_of_run(run)) {
    const ebm::io::detail::FileDescriptor place(::open(folder.c_str(), O_RDONLY | O_DIRECTORY));
    if (place.is_open()) static_cast<void>(::fsync(place.get()));
  }
}

}  // namespace

std::vector<fs::path> folders_of_run(const fs::path& run) {
  std::vector<fs::path> folders;
  for (const fs::path& folder : inner_folders()) folders.push_back(run / folder);
  return folders;
}

void recover_run(const fs::path& folder, const FolderLock& lock) {
  if (!lock.is_another()) const EarlierRun recovered(folder, lock);
}

EarlierRun::EarlierRun(fs::path folder, const FolderLock& lock) : folder_(std::move(folder)) {
  if (lock.is_another()) {
    throw ebm::Error(ebm::sentence("another process trains in ", ebm::io::quoted(folder_), " now"));
  }
  if (is_there(folder_ / list_name)) {
    files_ = read_list(folder_ / list_name);
    bring_back();
  }
  if (is_there(folder_ / done_name)) remove_aside();
}

EarlierRun::~EarlierRun() {
  try {
    if (is_listed_) bring_back();
  } catch (const std::exception&) {
    // The list is still there, and the next start tries again.
  }
}

void EarlierRun::list() {
  if (const auto unlisted = files_aside(folder_); !unlisted.empty()) {
    throw ebm::Error(ebm::sentence(ebm::io::quoted(folder_ / unlisted.front()),
                                   " was set aside for a run whose list is gone: move it away, or "
                                   "delete it"));
  }
  files_ = files_of_run(folder_);
  if (files_.empty()) return;
  std::set<fs::path> folders;
  for (const fs::path& file : files_) {
    const bool is_first = folders.insert(file.parent_path()).second;
    if (is_first) ebm::io::require_writable(folder_ / aside(file));
  }
  write_list(folder_ / list_name, files_);
  settle(folder_);
  is_listed_ = true;
}

void EarlierRun::set_aside() {
  if (!is_listed_) return;
  for (const fs::path& file : files_) {
    if (is_there(folder_ / file)) rename_file(folder_ / file, folder_ / aside(file));
  }
}

void EarlierRun::let_go() {
  if (!is_listed_) return;
  settle(folder_);
  rename_file(folder_ / list_name, folder_ / done_name);
  is_listed_ = false;
  settle(folder_);  // a list without its files would be a promise that nobody can keep
  remove_aside();
}

void EarlierRun::remove_aside() {
  for (const fs::path& file : files_aside(folder_)) ebm::io::remove_file(folder_ / file);
  ebm::io::remove_file(folder_ / done_name);
}

/// What is not listed is the new run's, and so is what stands where a file was set aside.
void EarlierRun::bring_back() {
  is_listed_ = true;
  for (const fs::path& file : files_of_run(folder_)) {
    if (!std::ranges::binary_search(files_, file)) ebm::io::remove_file(folder_ / file);
  }
  for (const fs::path& file : files_) {
    if (is_there(folder_ / aside(file))) rename_file(folder_ / aside(file), folder_ / file);
  }
  settle(folder_);
  ebm::io::remove_file(folder_ / list_name);
  is_listed_ = false;
}

void require_no_pipes(const fs::path& run) {
  refuse(run, "is a pipe or a device", [](const fs::directory_entry& entry) {
    std::error_code unknown;
    return entry.exists(unknown) && entry.is_other(unknown);
  });
}

void require_no_folders(const fs::path& run) {
  refuse(run, "is a folder", [](const fs::directory_entry& entry) {
    std::error_code unknown;
    return fs::is_directory(entry.symlink_status(unknown));
  });
}

}  // namespace ebm_mnist
