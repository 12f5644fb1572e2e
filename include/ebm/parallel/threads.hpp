// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <ebm/core/error.hpp>
#include <ebm/parallel/executor.hpp>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <type_traits>
#include <vector>

namespace ebm::inline EBM_ABI {

/// A fixed team of threads that takes pieces of work from an atomic counter.
///
/// The calling thread is worker 0. One `for_each` at a time; it neither nests nor is it called from
/// two threads at once.
class Threads {
 public:
  /// A team of `count` workers, the caller included; 0 means one for each hardware thread.
  ///
  /// Throws `InvalidArgument` unless 0 <= count <= 1024, and `Error` if the system refuses them.
  explicit Threads(int count = 0) : count_(count) {
    require(count >= 0 && count <= 1024, "Threads: count must be in [0, 1024], got ", count);
    if (count_ == 0) count_ = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    team_ = std::make_unique<Team>();
    try {
      for (int worker = 1; worker < count_; ++worker) {
        team_->threads.emplace_back([team = team_.get(), worker] { team->serve(worker); });
      }
    } catch (const std::system_error& error) {
      throw Error(sentence("Threads: can't start ", count_, " threads: ", error.code().message()));
    }
  }

  [[nodiscard]] int workers() const noexcept { return count_; }

  /// Calls `f(index, worker)` for each index in [0, n); rethrows the first exception.
  template <class F>
  void for_each(int n, F&& f) {
    if (count_ == 1 || n <= 1) {
      for (int index = 0; index < n; ++index) f(index, 0);
      return;
    }
    team_->run(n, const_cast<void*>(static_cast<const void*>(&f)),
               [](void* task, int index, int worker) {
                 (*static_cast<std::remove_reference_t<F>*>(task))(index, worker);
               });
  }

 private:
  using Call = void (*)(void* task, int index, int worker);

  struct Team {
    std::mutex mutex;
    std::condition_variable wake;
    std::condition_variable finished;
    bool is_over = false;
    unsigned round = 0;
    int busy = 0;
    int size = 0;
    void* task = nullptr;
    Call call = nullptr;
    std::atomic<int> next{0};
    std::exception_ptr error;
    std::vector<std::thread> threads;

    // Neither std::jthread nor std::stop_token, which libc++ 19 does not have yet.
    ~Team() {
      {
        const std::scoped_lock lock(mutex);
        is_over = true;
      }
      wake.notify_all();
      for (std::thread& thread : threads) thread.join();
    }

    void run(int n, void* new_task, Call new_call) {
      {
        const std::scoped_lock lock(mutex);
        task = new_task;
        call = new_call;
        size = n;
        next = 0;
        error = nullptr;
        busy = static_cast<int>(threads.size());
        ++round;
      }
      wake.notify_all();
      work(0);
      std::unique_lock lock(mutex);
      finished.wait(lock, [this] { return busy == 0; });
      if (error) std::rethrow_exception(error);
    }

    void serve(int worker) {
      unsigned seen = 0;
      while (true) {
        {
          std::unique_lock lock(mutex);
          wake.wait(lock, [&] { return is_over || round != seen; });
          if (is_over) return;
          seen = round;
        }
        work(worker);
        const std::scoped_lock lock(mutex);
        if (--busy == 0) finished.notify_one();
      }
    }

    void work(int worker) {
      try {
        for (int index = next++; index < size; index = next++) call(task, index, worker);
      } catch (...) {
        next = size;  // the others stop at their next piece
        const std::scoped_lock lock(mutex);
        if (!error) error = std::current_exception();
      }
    }
  };

  int count_;
  std::unique_ptr<Team> team_;
};

static_assert(Executor<Threads>);

}  // namespace ebm::inline EBM_ABI
