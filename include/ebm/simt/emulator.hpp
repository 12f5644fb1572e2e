// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ebm/simt/machine.hpp>
#include <functional>
#include <limits>
#include <vector>

namespace ebm::inline EBM_ABI::simt {

/// A machine of threads that run one after the other on the CPU: slow, and open to sanitizers and
/// debuggers. What a kernel computes here, it computes on a GPU.
class Emulator {
 public:
  template <class T>
  class Array {
   public:
    Array(Emulator&, std::size_t size, const char*) : values_(size) {}
    [[nodiscard]] T* data() noexcept { return values_.data(); }
    [[nodiscard]] const T* data() const noexcept { return values_.data(); }
    [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }

   private:
    std::vector<T> values_;
  };
  using Recording = std::vector<std::function<void()>>;

  template <Kernel K>
  void launch(const K& kernel) {
    if (recording_ != nullptr) {
      recording_->push_back([kernel] { run(kernel); });
    } else {
      run(kernel);
    }
  }

  template <class T>
  void upload(const T* from, std::size_t count, T* to) const {
    std::copy_n(from, count, to);
  }
  template <class T>
  void download(const T* from, std::size_t count, T* to) const {
    std::copy_n(from, count, to);
  }
  template <class T>
  void copy(const T* from, std::size_t count, T* to) const {
    std::copy_n(from, count, to);
  }

  /// As a GPU: what was recorded is what is launched again.
  template <class F>
  void replay(Recording& recording, const F& launches) {
    if (recording.empty()) recording = recorded(launches);
    for (const auto& launch : recording) launch();
  }

 private:
  template <class F>
  Recording recorded(const F& launches) {
    Recording recording;
    recording_ = &recording;
    const StopsRecording end{*this};
    launches();
    return recording;
  }
  struct StopsRecording {
    Emulator& emulator;
    ~StopsRecording() { emulator.recording_ = nullptr; }
  };

  template <class K>
  static void run(const K& kernel) {
    const Grid grid = kernel.grid();
    for (int row = 0; row < grid.rows; ++row) {
      for (int block = 0; block < grid.blocks; ++block) run_block(kernel, grid, block, row);
    }
  }

  template <class K>
  static void run_block(const K& kernel, const Grid& grid, int block, int row) {
    const auto for_each_thread = [&](const auto& body) {
      for (int index = 0; index < grid.threads; ++index) {
        body(Thread{block, row, index, grid.threads});
      }
    };
    if constexpr (StagedKernel<K>) {
      using T = typename K::value_type;
      std::vector<T> shared(grid.shared / sizeof(T), std::numeric_limits<T>::quiet_NaN());
      for_each_thread([&](const Thread& thread) { kernel.stage(thread, shared.data()); });
      for_each_thread(
          [&](const Thread& thread) { kernel.run(thread, static_cast<const T*>(shared.data())); });
    } else {
      for_each_thread([&](const Thread& thread) { kernel.run(thread); });
    }
  }

  Recording* recording_ = nullptr;  // where launches go instead of being run
};

static_assert(Machine<Emulator>);

}  // namespace ebm::inline EBM_ABI::simt
