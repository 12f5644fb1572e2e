// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <ebm/mpi/chains.hpp>
#include <ebm/train/host_backend.hpp>

/// Trainings of which each rank computes a part.
namespace ebm::inline EBM_ABI::mpi {

namespace detail {

/// Who adds which sums of a `SumOrder` to others: a rank has neighbouring runs, adds what it can by
/// itself, and the rest is added by all ranks, each for some of the parameters.
///
/// So the additions are those of one rank alone, in number and in order.
class SharedSum {
 public:
  SharedSum(const Ranks& ranks, SumOrder order) : runs_(static_cast<std::size_t>(order.runs())) {
    for (int rank = 0; rank < ranks.count(); ++rank) {
      const Share share = ranks.share(order.runs(), rank);
      for (int run = share.first; run < share.end; ++run) at(run).owner = rank;
    }
    SumOrder::for_each_pair(order.runs(), [&](int to, int from) {
      const int end = std::min(2 * from - to, order.runs());  // of the runs in both sums
      const int rank = at(to).owner;
      const bool is_own = at(end - 1).owner == rank;
      (is_own ? own_ : shared_).push_back({to, from, rank});
      if (is_own) at(from).is_left = false;
    });
  }

  /// Calls `add(to, from)` for the additions that a rank makes by itself.
  template <class Add>
  void for_each_own(int rank, const Add& add) const {
    for (const Addition& a : own_) {
      if (a.rank == rank) add(a.to, a.from);
    }
  }
  /// Calls `add(to, from)` for those that need sums of several ranks.
  template <class Add>
  void for_each_shared(const Add& add) const {
    for (const Addition& a : shared_) add(a.to, a.from);
  }
  /// Calls `f(run, rank)` for the sums that are left after `for_each_own`, and who has them.
  template <class F>
  void for_each_left(const F& f) const {
    for (std::size_t run = 0; run < runs_.size(); ++run) {
      if (runs_[run].is_left) f(static_cast<int>(run), runs_[run].owner);
    }
  }

 private:
  struct Run {
    int owner = 0;
    bool is_left = true;
  };
  struct Addition {
    int to, from, rank;
  };
  [[nodiscard]] Run& at(int run) { return runs_[static_cast<std::size_t>(run)]; }

  std::vector<Run> runs_;
  std::vector<Addition> own_, shared_;
};

}  // namespace detail

/// Where a `Trainer` trains on several ranks: the same seed gives the same bytes for any number of
/// them, and any number of workers on each.
///
/// All ranks have the same model, recipe, data and callbacks, but for callbacks that write files,
/// which the first rank alone should have. Chains and runs of the parameter sums are shared;
/// everything else, replay buffer and optimiser among it, is kept by all. So a state is that of a
/// training in any other place, whoever takes it, and resumes in any other place.
template <Executor X>
class RanksPlace {
 public:
  /// Both stay the caller's.
  RanksPlace(const Ranks& ranks, X& executor) : ranks_(&ranks), executor_(&executor) {}

  [[nodiscard]] const Ranks& ranks() const noexcept { return *ranks_; }
  [[nodiscard]] X& executor() const noexcept { return *executor_; }

  template <class E, class RecipeType>
  class Backend : public HostBackend<E, RecipeType, X> {
    using Host = HostBackend<E, RecipeType, X>;
    using T = typename E::value_type;

   public:
    Backend(E& model, const RecipeType& recipe, const RanksPlace& place)
        : Host(model, recipe, place.executor()), ranks_(place.ranks_) {}

    /// Throws `InvalidArgument`, on all ranks, if they don't train the same.
    void start() const {
      const std::vector<std::uint64_t> of_ranks = ranks_->gather(fingerprint());
      const auto other = std::ranges::find_if(
          of_ranks, [&](std::uint64_t of_rank) { return of_rank != of_ranks.front(); });
      require(other == of_ranks.end(), "Trainer: rank ", other - of_ranks.begin(),
              " has other parameters, or another recipe, than rank 0: all ranks must make the same "
              "model from the same seed, or restore the same state");
    }

    ChainReport run_chains(int steps) {
      return mpi::run_chains(*ranks_, this->recipe_->sampler, std::as_const(*this->model_),
                             this->chains_,
                             {.steps = steps,
                              .rng = this->recipe_->rng,
                              .first_chain = this->draws_.first,
                              .require_finite = false},  // the step judges them
                             *this->executor_, this->workspace_);
    }

    BatchResult loss_gradient() {
      LossGradient<T>& sums = this->loss_gradient_;
      OnOwnShare executor(*ranks_, *this->executor_);
      sums.judge_runs(*this->model_, this->recipe_->loss, *this->batch_, this->chains_, executor,
                      this->draws_);
      const SumOrder order = sums.order();
      add_up(sums, detail::SharedSum(*ranks_, order));
      finish_gradient(*this->model_, std::span<T>(this->gradient_));
      ranks_->complete(sums.block_results(), [&](int rank) {
        return static_cast<std::size_t>(order.first_block(ranks_->share(order.runs(), rank).first));
      });
      return sums.total();
    }

   private:
    /// Of the parameters and the recipe's numbers (FNV-1a, 64 bits).
    [[nodiscard]] std::uint64_t fingerprint() const {
      std::uint64_t hash = 0xCBF29CE484222325U;
      const auto add = [&](std::span<const std::byte> bytes) {
        for (const std::byte byte : bytes) {
          hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001B3U;
        }
      };
      const auto& recipe = *this->recipe_;
      const std::array numbers{recipe.steps,        recipe.epochs,
                               recipe.batch,        recipe.limit_batches,
                               int{recipe.shuffle}, static_cast<int>(recipe.rng.seed)};
      add(std::as_bytes(this->model_->parameters()));
      add(std::as_bytes(std::span(numbers)));
      return hash;
    }

    /// Where the parameters begin of which a rank has the last word.
    [[nodiscard]] std::size_t first_parameter(int rank) const {
      return this->gradient_.size() * static_cast<std::size_t>(rank) /
             static_cast<std::size_t>(ranks_->count());
    }

    void add_up(LossGradient<T>& sums, const detail::SharedSum& shared) {
      const std::size_t parameters = this->gradient_.size();
      const int own = ranks_->rank();
      shared.for_each_own(own, [&](int to, int from) { sums.add(to, from, 0, parameters); });
      const auto part = [&](int run, int rank) {
        const std::size_t first = first_parameter(rank);
        return sums.run_sum(run).subspan(first, first_parameter(rank + 1) - first);
      };
      Ranks::Messages messages(*ranks_);
      shared.for_each_left([&](int run, int owner) {
        if (owner != own) return messages.receive(part(run, own), owner, run);
        for (int rank = 0; rank < ranks_->count(); ++rank) {
          if (rank != own) messages.send(std::span<const T>(part(run, rank)), rank, run);
        }
      });
      messages.wait();
      const std::size_t first = first_parameter(own), end = first_parameter(own + 1);
      shared.for_each_shared([&](int to, int from) { sums.add(to, from, first, end - first); });
      const auto total = part(0, own);
      std::copy(total.begin(), total.end(), std::span(this->gradient_).subspan(first).begin());
      ranks_->complete(std::span<T>(this->gradient_),
                       [&](int rank) { return first_parameter(rank); });
    }

    const Ranks* ranks_;
  };

 private:
  const Ranks* ranks_;
  X* executor_;
};

}  // namespace ebm::inline EBM_ABI::mpi
