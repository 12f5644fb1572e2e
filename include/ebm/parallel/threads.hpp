// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <ebm/parallel/executor.hpp>
#include <ebm/parallel/processors.hpp>
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
/// The calling thread is worker 0. One `for_each` at a time: it neither nests nor is it called from
/// two threads at once. In a child of `fork`, where the team is not, the caller works alone, to the
/// same results.
class Threads {
 public:
  /// A team of `count` workers, the caller included; 0 means one for each of
  /// `available_processors`.
  ///
  /// Throws `InvalidArgument` unless 0 <= count <= 1024, and `Error` if the system refuses them.
  explicit Threads(int count = 0) : count_(count) {
    constexpr int most = 1024;
    require(count >= 0 && count <= most, "Threads: count must be in [0, ", most, "], got ", count);
    if (count_ == 0) count_ = std::min(most, available_processors());
    team_ = std::make_unique<Team>();
    try {
      for (int worker = 1; worker < count_; ++worker) {
        team_->threads.emplace_back([team = team_.get(), worker] { team->serve(worker); });
      }
    } catch (const std::system_error& error) {
      throw Error(sentence("Threads: can't start ", count_, " threads: ", error.code().message()));
    }
  }

  Threads(Threads&&) noexcept = default;
  Threads& operator=(Threads&&) noexcept = delete;
  ~Threads() {
    // Nobody could join them in a child.
    if (team_ && is_in_child()) static_cast<void>(team_.release());
  }

  [[nodiscard]] int workers() const noexcept { return count_; }

  /// Calls `f(index, worker)` for each index in [0, n); rethrows the first exception.
  ///
  /// Throws `Error` while another call of this team is under way, or where it has been moved from.
  template <class F>
  void for_each(int n, F&& f) {
    if (!team_) throw Error("Threads: the team has been moved from");
    const bool is_alone = is_in_child();
    const Turn turn(is_alone ? nullptr : team_.get());
    if (is_alone || count_ == 1 || n <= 1) {
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
    std::atomic<bool> is_taken{false};  // by a call of for_each
    int size = 0;
    void* task = nullptr;
    Call call = nullptr;
    std::atomic<std::int64_t> next{0};  // may go beyond the size by a team
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
        for (std::int64_t index = next++; index < size; index = next++) {
          call(task, static_cast<int>(index), worker);
        }
      } catch (...) {
        next = size;  // the others stop at their next piece
        const std::scoped_lock lock(mutex);
        if (!error) error = std::current_exception();
      }
    }
  };

  /// The one call at a time.
  class Turn {
   public:
    explicit Turn(Team* team) : team_(team) {
      if (team_ != nullptr && team_->is_taken.exchange(true)) {
        throw Error(
            "Threads: for_each was called before an earlier call of the same team had come back: "
            "it neither nests nor has two callers at once");
      }
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
      if (team_ != nullptr) team_->is_taken = false;
    }

   private:
    Team* team_;
  };

  /// Whether this process has been forked from the one that started the team.
  [[nodiscard]] bool is_in_child() const noexcept { return ::getpid() != process_; }

  int count_;
  ::pid_t process_ = ::getpid();
  std::unique_ptr<Team> team_;
};

static_assert(Executor<Threads>);

}  // namespace ebm::inline EBM_ABI
