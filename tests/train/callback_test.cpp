// SPDX-License-Identifier: MIT
#include <ebm/train/callback.hpp>
#include <string>

#include "support/catch.hpp"

namespace {

struct SomeTrainer {
  std::string calls;
};

struct OnlyBatches {
  void on_batch(SomeTrainer& trainer, const ebm::BatchReport&) { trainer.calls += "batch "; }
};
struct OnlyEpochs {
  void on_epoch(SomeTrainer& trainer, const ebm::EpochReport&) { trainer.calls += "epoch "; }
};
struct BothEnds {
  void on_start(SomeTrainer& trainer) { trainer.calls += "start "; }
  void on_end(SomeTrainer& trainer) { trainer.calls += "end "; }
};

struct Misspelt {
  void on_epochs(SomeTrainer&, const ebm::EpochReport&);
};
struct OtherReport {
  void on_epoch(SomeTrainer&, const ebm::BatchReport&);
};

/// The hooks of `callback` that are called in a run of one batch.
template <class C>
std::string calls_of(C callback) {
  SomeTrainer trainer;
  ebm::detail::notify_start(callback, trainer);
  ebm::detail::notify(callback, trainer, ebm::BatchReport{});
  ebm::EpochReport epoch;
  ebm::detail::notify(callback, trainer, epoch);
  ebm::detail::notify_end(callback, trainer);
  return trainer.calls;
}

}  // namespace

TEST_CASE("a callback has at least one hook") {
  STATIC_REQUIRE(ebm::Callback<OnlyBatches, SomeTrainer>);
  STATIC_REQUIRE(ebm::Callback<OnlyEpochs, SomeTrainer>);
  STATIC_REQUIRE(ebm::Callback<BothEnds, SomeTrainer>);
  STATIC_REQUIRE_FALSE(ebm::Callback<Misspelt, SomeTrainer>);
  STATIC_REQUIRE_FALSE(ebm::Callback<OtherReport, SomeTrainer>);
}

TEST_CASE("the hooks that a callback has are called, and the others passed over") {
  CHECK(calls_of(OnlyBatches()) == "batch ");
  CHECK(calls_of(OnlyEpochs()) == "epoch ");
  CHECK(calls_of(BothEnds()) == "start end ");
}
