// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdio>
#include <ebm/ebm.hpp>
#include <map>
#include <string>

using namespace ebm;

/// A place of one's own to train in: the program's processor, with a clock on each part of an
/// iteration.
template <Executor X>
class TimedPlace {
  using Clock = std::chrono::steady_clock;

 public:
  /// The executor outlives the place.
  explicit TimedPlace(X& executor) : executor_(&executor) {}

  [[nodiscard]] X& executor() const { return *executor_; }  // for callbacks
  [[nodiscard]] const auto& seconds() const { return seconds_; }

  template <class E, class RecipeType>
  class Backend : public HostBackend<E, RecipeType, X> {
    using Host = HostBackend<E, RecipeType, X>;

   public:
    Backend(E& model, const RecipeType& recipe, const TimedPlace& place)
        : Host(model, recipe, place.executor()), seconds_(&place.seconds_) {}

    // These hide the host's; all other parts are the host's own.
    void add_data_noise() { timed("data noise", &Host::add_data_noise); }
    void begin_chains(std::uint64_t i) { timed("starts", &Host::begin_chains, i); }
    ChainReport run_chains(int steps) { return timed("chains", &Host::run_chains, steps); }
    void end_chains() { timed("buffer", &Host::end_chains); }
    BatchResult loss_gradient() { return timed("loss", &Host::loss_gradient); }
    double clip_gradient() { return timed("clip", &Host::clip_gradient); }
    void update(double rate) { timed("optimiser", &Host::update, rate); }

   private:
    auto timed(const char* part, auto verb, auto... arguments) {
      struct Timer {
        double& sum;
        Clock::time_point start;
        ~Timer() { sum += std::chrono::duration<double>(Clock::now() - start).count(); }
      };
      const Timer timer{(*seconds_)[part], Clock::now()};
      return (this->*verb)(arguments...);
    }
    std::map<std::string, double>* seconds_;
  };

 private:
  X* executor_;
  mutable std::map<std::string, double> seconds_;  // of each part
};

using Model = Neural<Sequential<Shape<8>, Linear<64>, Swish, Linear<1>>>;
static_assert(Backend<TimedPlace<Threads>::Backend<Model, Recipe<>>, float>);

int main() {
  const Samples<float> data = Samples<float>::Random(4096, 8);
  const Recipe recipe{.steps = 20, .epochs = 2};
  Threads threads;
  TimedPlace place(threads);
  Model timed(Rng{1}), plain(Rng{1});
  Trainer(timed, recipe, place).fit(data);  // in the place of an executor
  Trainer(plain, recipe, threads).fit(data);
  for (const auto& [part, seconds] : place.seconds()) {
    std::printf("%-10s %7.2f ms\n", part.c_str(), 1000 * seconds);
  }
  const bool is_same = std::ranges::equal(timed.parameters(), plain.parameters());
  return is_same && place.seconds().size() == 7 ? 0 : 1;
}
