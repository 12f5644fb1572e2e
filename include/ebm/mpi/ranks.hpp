// SPDX-License-Identifier: MIT
#pragma once

#include <mpi.h>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ebm/core/error.hpp>
#include <ebm/parallel/processors.hpp>
#include <exception>
#include <span>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

/// The processes of an MPI job that work on one thing.
namespace ebm::inline EBM_ABI::mpi {

namespace detail {

/// Throws `Error` if MPI says that a call failed.
inline void check(int code, const char* what) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = "";
  int size = 0;
  MPI_Error_string(code, text, &size);
  throw Error(sentence("MPI: ", what, " failed: ", std::string_view(text)));
}

/// Bytes of `count` elements, as MPI counts them.
template <class T>
[[nodiscard]] int bytes_of(std::size_t count) {
  static_assert(std::is_trivially_copyable_v<T>, "ranks exchange values that are plain bytes");
  require(count <= INT_MAX / sizeof(T), "MPI: a message of ", count, " elements of ", sizeof(T),
          " bytes is too long: at most 2 GiB go at once");
  return static_cast<int>(count * sizeof(T));
}

}  // namespace detail

/// The pieces [first, end) of something.
struct Share {
  int first, end;

  [[nodiscard]] int size() const noexcept { return end - first; }
};

/// The ranks of a communicator: who this process is among them, and what they tell each other.
///
/// Calls that exchange something are made by all ranks, in the same order, from one thread. They
/// throw `Error` where MPI reports a failure. All ranks must be the same program on processors of
/// the same kind: numbers travel as bytes.
class Ranks {
 public:
  /// A communicator of its own for the ranks of `communicator`; MPI must have been started.
  explicit Ranks(MPI_Comm communicator = MPI_COMM_WORLD) {
    detail::check(MPI_Comm_dup(communicator, &communicator_), "MPI_Comm_dup");
    MPI_Comm_set_errhandler(communicator_, MPI_ERRORS_RETURN);
    MPI_Comm_rank(communicator_, &rank_);
    MPI_Comm_size(communicator_, &count_);
  }
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;
  ~Ranks() {
    // Freeing may wait for the other ranks, which may not come where an exception passes.
    if (std::uncaught_exceptions() == 0) MPI_Comm_free(&communicator_);
  }

  [[nodiscard]] int rank() const noexcept { return rank_; }  ///< in [0, count())
  [[nodiscard]] int count() const noexcept { return count_; }
  [[nodiscard]] bool is_first() const noexcept { return rank_ == 0; }
  [[nodiscard]] MPI_Comm communicator() const noexcept { return communicator_; }

  /// How many processors are for this rank alone, at least 1: those that it is bound to, or its
  /// share of the machine's, if it may use them all.
  [[nodiscard]] int own_processors() const {
    const int ranks_here = count_on_this_machine();
    const int all = static_cast<int>(std::thread::hardware_concurrency());
    const int bound = ebm::detail::bound_processors();
    return bound < all ? bound : std::max(1, available_processors() / ranks_here);
  }

  /// How many of the ranks are on this machine.
  [[nodiscard]] int count_on_this_machine() const {
    MPI_Comm machine = MPI_COMM_NULL;
    detail::check(
        MPI_Comm_split_type(communicator_, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &machine),
        "MPI_Comm_split_type");
    int count = 1;
    MPI_Comm_size(machine, &count);
    MPI_Comm_free(&machine);
    return count;
  }

  /// The pieces that a rank has of `pieces`: as many as the others, or one more.
  [[nodiscard]] Share share(int pieces, int rank) const {
    const auto begin = [&](int r) { return static_cast<int>(std::int64_t{pieces} * r / count_); };
    return {begin(rank), begin(rank + 1)};
  }
  [[nodiscard]] Share share(int pieces) const { return share(pieces, rank_); }

  /// What each rank says, by rank.
  template <class T>
  [[nodiscard]] std::vector<T> gather(const T& value) const {
    std::vector<T> all(static_cast<std::size_t>(count_));
    all[static_cast<std::size_t>(rank_)] = value;
    complete(std::span<T>(all), [](int rank) { return static_cast<std::size_t>(rank); });
    return all;
  }

  /// Gives every rank the parts of `all` that the others have: rank r has the elements from
  /// `first_of(r)` up to `first_of(r + 1)`.
  template <class T, class FirstOf>
  void complete(std::span<T> all, const FirstOf& first_of) const {
    static_cast<void>(detail::bytes_of<T>(all.size()));
    std::vector<int> counts, offsets;
    for (int rank = 0; rank < count_; ++rank) {
      offsets.push_back(detail::bytes_of<T>(first_of(rank)));
      counts.push_back(detail::bytes_of<T>(first_of(rank + 1) - first_of(rank)));
    }
    detail::check(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all.data(), counts.data(),
                                 offsets.data(), MPI_BYTE, communicator_),
                  "MPI_Allgatherv");
    // Each part has to reach all other ranks; on the average each rank sends that often.
    bytes_sent_ += std::int64_t{count_ - 1} * counts[static_cast<std::size_t>(rank_)];
  }

  /// Bytes that this rank has handed over for others: what arrives at two counts twice.
  [[nodiscard]] std::int64_t bytes_sent() const noexcept { return bytes_sent_; }

  /// Messages between two ranks each, all under way at the same time.
  class Messages {
   public:
    explicit Messages(const Ranks& ranks) : ranks_(&ranks) {}
    Messages(const Messages&) = delete;
    Messages& operator=(const Messages&) = delete;
    /// What is still under way when an exception passes would arrive in memory of others.
    ~Messages() {
      if (!requests_.empty()) MPI_Abort(ranks_->communicator_, EXIT_FAILURE);
    }

    /// tag: the same for the one who sends and the one who receives
    template <class T>
    void send(std::span<const T> values, int to, int tag) {
      const int bytes = detail::bytes_of<T>(values.size());
      detail::check(MPI_Isend(values.data(), bytes, MPI_BYTE, to, tag, ranks_->communicator_,
                              &requests_.emplace_back()),
                    "MPI_Isend");
      ranks_->bytes_sent_ += bytes;
    }
    template <class T>
    void receive(std::span<T> values, int from, int tag) {
      detail::check(MPI_Irecv(values.data(), detail::bytes_of<T>(values.size()), MPI_BYTE, from,
                              tag, ranks_->communicator_, &requests_.emplace_back()),
                    "MPI_Irecv");
    }
    /// Returns when all have arrived; until then what is sent must stay, and what is received is
    /// nobody's.
    void wait() {
      detail::check(
          MPI_Waitall(static_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE),
          "MPI_Waitall");
      requests_.clear();
    }

   private:
    const Ranks* ranks_;
    std::vector<MPI_Request> requests_;
  };

 private:
  MPI_Comm communicator_ = MPI_COMM_NULL;
  int rank_ = 0, count_ = 1;
  mutable std::int64_t bytes_sent_ = 0;
};

}  // namespace ebm::inline EBM_ABI::mpi
