// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ebm/mpi/ranks.hpp>
#include <exception>
#include <string>
#include <string_view>
#include <thread>

namespace ebm::inline EBM_ABI::mpi {

/// Says that all ranks have failed, on those that leave it to the first to say why.
class FailedTogether : public Error {
 public:
  FailedTogether() : Error("MPI: all ranks have failed; the first says why") {}
};

/// MPI from its start to its end; one in a program.
class Session {
 public:
  /// Throws `Error` if MPI can't be started.
  Session() {
    int provided = 0;
    detail::check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided),
                  "MPI_Init_thread");
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  /// Ends all ranks where an exception passes that others may not know of.
  ~Session() {
    if (std::uncaught_exceptions() > 0 && !has_failed_together_) {
      MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    }
    MPI_Finalize();
  }

  /// Returns f(ranks), on all ranks.
  ///
  /// No rank is left waiting for one that has failed. Where `f` throws on all of them, as a
  /// training does that diverges, the first rank throws what it has caught, the others
  /// `FailedTogether`. An exception of some ranks alone is a sentence on standard error, and ends
  /// the job with exit status 1.
  ///
  /// patience: how long a rank that has failed waits for the others to fail as well, >= 0
  template <class F>
  auto run(const F& f, std::chrono::seconds patience = std::chrono::seconds(10)) {
    const Ranks ranks, failures;
    try {
      return f(ranks);
    } catch (const std::exception& error) {
      end_alone_or_together(ranks, failures, patience, error.what());
      if (ranks.is_first()) throw;
    } catch (...) {
      end_alone_or_together(ranks, failures, patience, "an exception that is no std::exception");
      if (ranks.is_first()) throw;
    }
    throw FailedTogether();
  }

 private:
  void end_alone_or_together(const Ranks& ranks, const Ranks& failures,
                             std::chrono::seconds patience, std::string_view why) {
    has_failed_together_ = all_fail(failures, patience);
    if (has_failed_together_) return;
    const std::string message =
        sentence("rank ", ranks.rank(), " of ", ranks.count(), " ends the job: ", why);
    std::fprintf(stderr, "%s\n", message.c_str());
    MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
  }

  /// Whether the others come here too, within some time.
  static bool all_fail(const Ranks& failures, std::chrono::seconds patience) {
    using Clock = std::chrono::steady_clock;
    MPI_Request request;
    if (MPI_Ibarrier(failures.communicator(), &request) != MPI_SUCCESS) return false;
    const auto end = Clock::now() + patience;
    int all_are_here = 0;
    while (true) {
      if (MPI_Test(&request, &all_are_here, MPI_STATUS_IGNORE) != MPI_SUCCESS) return false;
      if (all_are_here != 0 || Clock::now() > end) return all_are_here != 0;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  bool has_failed_together_ = false;
};

}  // namespace ebm::inline EBM_ABI::mpi
