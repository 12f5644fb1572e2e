// SPDX-License-Identifier: MIT
#include "campaign.hpp"

#include <cctype>
#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace statistics {

namespace {

/// A name for files.
std::string file_name(const std::string& row) {
  std::string name;
  for (const char c : row) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (is_plain) name += c;
    if (!is_plain && !name.empty() && name.back() != '_') name += '_';
  }
  return name + ".txt";
}

std::string text(const char* format, auto... values) {
  char buffer[400];
  std::snprintf(buffer, sizeof buffer, format, values...);
  return buffer;
}

/// What was found, and how to see it again.
void write_finding(const Options& options, const Row& row, const Outcome& outcome, double level,
                   std::uint64_t chunks) {
  std::filesystem::create_directories(options.findings);
  std::ofstream file(options.findings / file_name(row.name));
  file << row.part << ": " << row.name << "\nagain: statistics --seed " << options.seed
       << " --row \"" << row.name << "\" --chunks " << chunks << "\na finding is a p-value below "
       << level << "\n\n";
  for (const Test& test : outcome.tests) {
    file << (test.p < level ? "FOUND  " : "       ") << test.p << "  " << test.name << "\n";
  }
  if (!outcome.note.empty()) file << "\n" << outcome.note << "\n";
}

void run_row(const Row& row, const Options& options, ebm::Threads& threads, std::uint32_t seed,
             double seconds) {
  const auto start = Turn::Clock::now();
  Turn turn(threads, seed, seconds, options.chunks);
  const Outcome outcome = row.run(turn);
  const std::chrono::duration<double> taken = Turn::Clock::now() - start;

  const double level = false_alarms_of_a_row / static_cast<double>(outcome.tests.size());
  int findings = 0;
  const Test* least = &outcome.tests.front();
  for (const Test& test : outcome.tests) {
    findings += test.p < level ? 1 : 0;
    if (test.p < least->p) least = &test;
    std::fprintf(stderr, "p %.3g  %s: %s\n", test.p, row.name.c_str(), test.name.c_str());
  }
  std::string note = text("false alarms: 1e-5; tests: %zu; least p-value: %.2g (%s)",
                          outcome.tests.size(), least->p, least->name.c_str());
  if (!outcome.note.empty()) note += "; " + outcome.note;
  if (findings > 0) {
    write_finding(options, row, outcome, level, turn.chunks_done());
    note += "; see " + file_name(row.name);
  }
  std::printf(
      "{\"part\": \"%s\", \"what\": \"%s\", \"inputs\": %llu, \"faults\": 0, \"findings\": %d, "
      "\"seconds\": %.1f, \"note\": \"%s\"}\n",
      row.part, row.name.c_str(), static_cast<unsigned long long>(outcome.inputs), findings,
      taken.count(), note.c_str());
  std::fflush(stdout);
}

}  // namespace

void run_rows(const std::vector<Row>& rows, const Options& options) {
  ebm::Threads threads;
  const auto is_asked_for = [&](const Row& row) {
    return row.name.find(options.row) != std::string::npos;
  };
  double shares = 0;
  for (const Row& row : rows) shares += is_asked_for(row) ? row.share : 0;
  if (shares == 0) throw std::runtime_error("no row has this in its name: " + options.row);
  std::uint32_t seed = options.seed;
  for (const Row& row : rows) {
    seed = seed * 2891336453u + 747796405u;  // of a row, whichever other ones run
    if (is_asked_for(row)) {
      run_row(row, options, threads, seed, options.seconds * row.share / shares);
    }
  }
}

}  // namespace statistics
