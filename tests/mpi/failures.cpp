// SPDX-License-Identifier: MIT
// Ranks that fail in the way that the argument says; tests/mpi/failures_test.py runs them.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ebm/ebm.hpp>
#include <ebm/mpi/backend.hpp>
#include <ebm/mpi/session.hpp>
#include <string_view>
#include <thread>

namespace {

using Energy =
    ebm::Neural<ebm::Sequential<ebm::Shape<2>, ebm::Linear<4>, ebm::Swish, ebm::Linear<1>>>;

struct Fail {
  std::string_view how;
  int rank;

  template <class Trainer>
  void on_batch(Trainer&, const ebm::BatchReport& report) const {
    if (report.iteration < 3) return;
    if (how == "all") {
      if (rank == 0) std::this_thread::sleep_for(std::chrono::seconds(4));  // it writes
      throw ebm::Error("the disk of all is full");
    }
    if (rank != 1) return;
    if (how == "number") throw 42;
    if (how == "one") throw ebm::Error("the disk is full");
    if (how == "killed") std::raise(SIGKILL);
  }
};

void train(const ebm::mpi::Ranks& ranks, std::string_view how) {
  Energy model(ebm::Rng{how == "others" ? static_cast<std::uint32_t>(ranks.rank()) : 1});
  ebm::Serial serial;
  const ebm::mpi::RanksPlace place(ranks, serial);
  ebm::Trainer trainer(model, ebm::Recipe{.steps = 2, .epochs = 5, .batch = 32}, place);
  trainer.fit(ebm::Samples<float>::Zero(64, 2), Fail{how, ranks.rank()});
}

}  // namespace

int main(int, char** argv) {
  ebm::mpi::Session session;
  try {
    session.run([&](const ebm::mpi::Ranks& ranks) { train(ranks, argv[1]); });
  } catch (const ebm::mpi::FailedTogether&) {
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "failed: %s\n", error.what());
    return 1;
  }
  return 0;
}
