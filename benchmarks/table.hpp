// SPDX-License-Identifier: MIT
#pragma once

#include <benchmark/benchmark.h>

#include <cstdio>
#include <string>
#include <vector>

#include "rates.hpp"

/// Prints results as one table: name, time of an iteration, rate, share of the machine's peak.
class Table : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override {
    std::printf("%-52s %13s %22s %10s\n", "benchmark", "time", "rate", "of peak");
    return true;
  }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.error_occurred) {
        std::printf("%-52s failed: %s\n", run.benchmark_name().c_str(), run.error_message.c_str());
        continue;
      }
      std::string rate, share;
      for (const auto& [name, counter] : run.counters) {
        if (name == rates::share_of_peak) {
          share = number(counter.value) + " %";
        } else {
          rate = with_prefix(counter.value) + name;
        }
      }
      std::printf("%-52s %10s %s %22s %10s\n", run.benchmark_name().c_str(),
                  number(run.GetAdjustedRealTime()).c_str(),
                  benchmark::GetTimeUnitString(run.time_unit), rate.c_str(), share.c_str());
      std::fflush(stdout);
    }
  }

 private:
  static std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, value < 10 ? "%.3f" : "%.1f", value);
    return text;
  }
  /// A rate in thousands, millions or billions.
  static std::string with_prefix(double value) {
    for (const char* prefix : {" ", " k ", " M "}) {
      if (value < 1000) return number(value) + prefix;
      value /= 1000;
    }
    return number(value) + " G ";
  }
};
