// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <ebm/parallel/threads.hpp>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "p_values.hpp"

/// Rows of the table of a campaign, each with a share of its time.
namespace statistics {

/// Options of the program.
struct Options {
  double seconds = 600;
  std::uint32_t seed = 1;
  std::uint64_t draws = 0;   ///< of normals, in the row that has most; 0: by time
  std::uint64_t chunks = 0;  ///< of each row; 0: by time
  std::string row{};         ///< only rows with this in their name
  std::filesystem::path findings = "campaign_findings";
};

/// Counts or sums that add up over pieces of work.
template <class Number>
struct Totals : std::vector<Number> {
  using std::vector<Number>::vector;

  Totals& operator+=(const Totals& other) {
    for (std::size_t i = 0; i < this->size(); ++i) (*this)[i] += other[i];
    return *this;
  }
};
using Counts = Totals<std::uint64_t>;
using Sums = Totals<double>;

/// The turn of a row: the random numbers that it may take, and its time.
class Turn {
 public:
  using Clock = std::chrono::steady_clock;

  Turn(ebm::Threads& threads, std::uint32_t seed, double seconds, std::uint64_t chunks)
      : threads_(&threads), seed_(seed), seconds_(seconds), chunks_(chunks) {}

  /// Other rows have other seeds.
  [[nodiscard]] std::uint32_t seed() const noexcept { return seed_; }

  /// How many pieces of work there are; time decides between the two.
  struct Amount {
    std::uint64_t least = 0, most = std::numeric_limits<std::uint64_t>::max();
  };

  /// What pieces of work 0, 1, ... add up to: `chunk(tally, number)` adds one of them.
  ///
  /// There is at least one for each thread, if `amount` allows it.
  template <class Tally, class Chunk>
  [[nodiscard]] Tally gather(const Tally& empty, const Chunk& chunk, Amount amount = {}) {
    const auto workers = static_cast<std::size_t>(threads_->workers());
    if (chunks_ > 0) amount = {chunks_, chunks_};
    const std::uint64_t least = std::max<std::uint64_t>(amount.least, workers);
    const auto end = Clock::now() + std::chrono::duration<double>(seconds_);
    std::vector<Tally> tallies(workers, empty);
    std::atomic<std::uint64_t> next{0};
    threads_->for_each(threads_->workers(), [&](int index, int) {
      Tally& tally = tallies[static_cast<std::size_t>(index)];
      // Time is looked at before a number is taken, so that all numbers below the last are done.
      while (next < least || Clock::now() < end) {
        const std::uint64_t number = next++;
        if (number >= amount.most) break;
        chunk(tally, number);
      }
    });
    Tally total = empty;
    for (const Tally& tally : tallies) total += tally;
    done_ = std::min<std::uint64_t>(next, amount.most);
    return total;
  }

  /// How many pieces the last `gather` had.
  [[nodiscard]] std::uint64_t chunks_done() const noexcept { return done_; }

 private:
  ebm::Threads* threads_;
  std::uint32_t seed_;
  double seconds_;
  std::uint64_t chunks_;
  std::uint64_t done_ = 0;
};

/// What a row has found out.
struct Outcome {
  std::uint64_t inputs = 0;
  std::vector<Test> tests{};
  std::string note{};
};

/// A row of the table; it tests once, in the end.
struct Row {
  const char* part;
  std::string name;
  double share;  ///< of the time
  std::function<Outcome(Turn&)> run;
};

/// The chance that a row has a finding though all is well: its tests share it evenly. A hundred
/// rows would have one in 10^-3 of all campaigns.
constexpr double false_alarms_of_a_row = 1e-5;

/// Runs the rows that the options ask for, and prints a line of JSON for each.
void run_rows(const std::vector<Row>& rows, const Options& options);

// The rows, a source each.
[[nodiscard]] std::vector<Row> normal_rows(const Options& options);
[[nodiscard]] std::vector<Row> word_rows();
[[nodiscard]] std::vector<Row> classic_rows();
[[nodiscard]] std::vector<Row> uniform_rows();
[[nodiscard]] std::vector<Row> choice_rows();
[[nodiscard]] std::vector<Row> langevin_rows();
[[nodiscard]] std::vector<Row> annealed_rows();
[[nodiscard]] std::vector<Row> exact_rows();

/// A generator that shares nothing with the library's, for what the library must not choose.
///
/// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014 (SplitMix64).
class Independent {
 public:
  using result_type = std::uint64_t;

  explicit Independent(std::uint64_t seed, std::uint64_t stream)
      : state_(mixed(seed * 0x9E3779B97F4A7C15u + mixed(stream + 1))) {}

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
  result_type operator()() { return mixed(state_ += 0x9E3779B97F4A7C15u); }

  /// Uniform in (0, 1).
  double uniform() { return (static_cast<double>((*this)() >> 12) + 0.5) * 0x1p-52; }
  /// Standard normal.
  double normal() {
    const double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }

 private:
  static std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
  }

  std::uint64_t state_;
};

}  // namespace statistics
