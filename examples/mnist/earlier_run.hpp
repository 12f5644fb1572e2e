// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <vector>

#include "folder_lock.hpp"

namespace ebm_mnist {

/// The files of an earlier run in a folder where another run begins: there until the other one has
/// saved itself, and back again if that comes to nothing.
///
/// One file, `.ebm-earlier`, lists the earlier run's files from the start of the new run on; each
/// of them is set aside under a name of its own, `.ebm-earlier-NAME`, shortly before the new run
/// writes its first file. Renaming the list makes the new run the folder's. As long as it has its
/// name, the earlier run can be brought back, also by the next process after a SIGKILL.
///
/// Only files with the names that the program gives are touched.
class EarlierRun {
 public:
  /// Brings back what a process that was killed has set aside.
  ///
  /// lock: of the folder, for as long as this object lives
  /// Throws `ebm::Error` if another process has the lock, and where the system refuses.
  EarlierRun(std::filesystem::path folder, const FolderLock& lock);
  EarlierRun(const EarlierRun&) = delete;
  EarlierRun& operator=(const EarlierRun&) = delete;
  /// Brings the earlier run back unless it was let go; what fails is left to the next start.
  ~EarlierRun();

  /// Lists what is there.
  ///
  /// Throws `ebm::Error` if that could not be set aside, or if something is that no list knows of.
  void list();

  /// Makes room for the new run's files; nothing unless there is a list.
  void set_aside();

  /// Lets the earlier run go; nothing unless there is a list.
  void let_go();

  /// Whether the folder still is the earlier run's.
  [[nodiscard]] bool is_listed() const { return is_listed_; }

 private:
  void bring_back();
  void remove_aside();

  std::filesystem::path folder_;
  std::vector<std::filesystem::path> files_;  // in the folder
  bool is_listed_ = false;
};

/// Brings back what a process that was killed has set aside, unless another one has the lock.
void recover_run(const std::filesystem::path& folder, const FolderLock& lock);

/// The folders that a run writes to: its own and those in it.
[[nodiscard]] std::vector<std::filesystem::path> folders_of_run(const std::filesystem::path& run);

/// Throws `ebm::Error` if a pipe or a device has the name of a run's file: to read it might not
/// end.
void require_no_pipes(const std::filesystem::path& run);

/// Throws `ebm::Error` if a folder has the name of a run's file, which then could not be written.
void require_no_folders(const std::filesystem::path& run);

}  // namespace ebm_mnist
