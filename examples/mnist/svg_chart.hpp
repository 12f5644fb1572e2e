// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "html.hpp"

/// Curves as pictures that scale and need no script.
namespace ebm_mnist {

/// A place on a curve; a y that is not finite is a gap.
struct Point {
  double x = 0;
  double y = 0;
};

/// How a curve is drawn.
enum class Look {
  line,
  noisy,  ///< faint, with its running mean in full strength
  marks,  ///< circles without a line: numbers from elsewhere
  rule    ///< thin and dashed: a bound
};

struct Curve {
  std::string name;
  std::vector<Point> points;  ///< where x does not grow the line begins anew
  Look look = Look::line;
};

struct Chart {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<Curve> curves;   ///< at least one finite value among them; colours and dashes differ
  std::vector<double> events;  ///< x of vertical lines
  std::string event_name = "event";
};

/// Numbers from the first at or above `low` to `high`, a step of 1, 2 or 5 times a power of ten
/// apart; about `count` of them.
struct Ticks {
  double step = 1;
  std::vector<double> values;

  Ticks(double low, double high, int count);
};

/// Whether a chart would show anything.
bool has_values(const Curve& curve);

/// The chart in SVG with its legend below; `title` and a summary are there for screen readers.
///
/// A few values that lie far from all others are drawn at the edge, and the legend says so: one
/// number of a run that diverged would make all others a straight line.
Html draw(const Chart& chart);

/// A number as people read it: "-16.31", "10,000", "1.2e-07".
///
/// digits: that count, >= 1
std::string pretty(double value, int digits = 4);

}  // namespace ebm_mnist
