// SPDX-License-Identifier: MIT
#include "svg_chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <ebm/io/digits.hpp>

namespace ebm_mnist {

namespace {

constexpr double width = 460, height = 250;          // of the picture; the page scales it
constexpr double top = 26, right = 14, bottom = 40;  // room for labels around the curves
constexpr double letter = 7;                         // width of a digit at the page's font size

using ebm::io::with_decimals;

/// A coordinate: a tenth of a pixel is finer than anyone sees.
std::string at(double coordinate) {
  return with_decimals(coordinate, 1);
}

/// With a true minus sign, and commas between thousands.
std::string typeset(std::string digits) {
  const std::size_t first = digits.starts_with('-') ? 1 : 0;
  const std::size_t end = std::min(digits.find_first_of(".e"), digits.size());
  for (std::size_t i = end; i > first + 3; i -= 3) digits.insert(i - 3, ",");
  return first == 1 ? "\u2212" + digits.substr(1) : digits;
}

std::string superscript(int number) {
  constexpr std::array digits{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = number < 0 ? "⁻" : "";
  for (const char digit : std::to_string(std::abs(number))) {
    text += digits[static_cast<std::size_t>(digit - '0')];
  }
  return text;
}

/// Whether a value has a place; the largest doubles would leave no room to reckon with them.
bool is_drawable(double y) {
  return std::abs(y) < 1e100;  // false for NaN
}

struct Range {
  double low = 0, high = 1;
};

/// Of the values, but for those that lie so far out that the others would not be seen.
Range range_of(std::vector<double> values) {
  std::ranges::sort(values);
  const auto quantile = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
  };
  const double low = quantile(0.02), high = quantile(0.98), room = 3 * (high - low);
  const bool is_usual = values.size() < 20 || room == 0;
  Range range{values.front(), values.back()};
  if (!is_usual) range = {std::max(range.low, low - room), std::min(range.high, high + room)};
  const double largest = std::max(std::abs(range.low), std::abs(range.high));
  if (range.high - range.low <= std::max(1e-9 * largest, 1e-300)) {  // too flat for ticks
    const double half = largest <= 1e-300 ? 1 : largest / 10;
    range = {range.low - half, range.high + half};
  }
  return range;
}

/// Pieces of a curve without gaps.
std::vector<std::vector<Point>> pieces(const std::vector<Point>& points) {
  std::vector<std::vector<Point>> result;
  bool is_open = false;
  for (const Point& point : points) {
    if (!is_drawable(point.y)) {
      is_open = false;
      continue;
    }
    if (!is_open || point.x <= result.back().back().x) result.emplace_back();
    result.back().push_back(point);
    is_open = true;
  }
  return result;
}

/// Mean over a window around each point, which is narrower at the ends.
std::vector<Point> running_mean(const std::vector<Point>& points) {
  const std::size_t half = std::max<std::size_t>(1, points.size() / 50);
  std::vector<Point> result = points;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::size_t reach = std::min({half, i, points.size() - 1 - i});
    double sum = 0;
    for (std::size_t k = i - reach; k <= i + reach; ++k) sum += points[k].y;
    result[i].y = sum / static_cast<double>(2 * reach + 1);
  }
  return result;
}

/// The lowest and the highest of each group of neighbours: as a picture the same, but small.
std::vector<Point> thinned(const std::vector<Point>& points) {
  constexpr std::size_t groups = 400;
  if (points.size() <= 2 * groups) return points;
  std::vector<Point> result;
  for (std::size_t group = 0; group < groups; ++group) {
    const auto begin = points.begin() + static_cast<std::ptrdiff_t>(group * points.size() / groups);
    const auto end =
        points.begin() + static_cast<std::ptrdiff_t>((group + 1) * points.size() / groups);
    auto [low, high] =
        std::minmax_element(begin, end, [](const Point& a, const Point& b) { return a.y < b.y; });
    if (high < low) std::swap(low, high);
    result.push_back(*low);
    if (high != low) result.push_back(*high);
  }
  return result;
}

class Drawing {
 public:
  explicit Drawing(const Chart& chart) : chart_(chart) {
    std::vector<double> values;
    x_.high = 0;
    for (const Curve& curve : chart.curves) {
      for (const Point& point : curve.points) {
        if (!is_drawable(point.y)) continue;
        values.push_back(point.y);
        x_.high = std::max(x_.high, point.x);
      }
    }
    for (const double event : chart.events) x_.high = std::max(x_.high, event);
    if (x_.high <= 0) x_.high = 1;
    y_ = range_of(values);
    const auto [least, most] = std::ranges::minmax(values);
    const Ticks steps(y_.low, y_.high, 5);
    // The axis ends at ticks; where values lie beyond it they are moved to its end.
    y_ = {std::floor(y_.low / steps.step) * steps.step,
          std::ceil(y_.high / steps.step) * steps.step};
    beyond_ = std::ranges::count_if(values, [&](double v) { return v < y_.low || v > y_.high; });
    farthest_ = std::abs(least) > std::abs(most) ? least : most;
    const double largest = std::max(std::abs(y_.low), std::abs(y_.high));
    const int exponent = static_cast<int>(std::floor(std::log10(largest) + 1e-9));
    if (exponent < -3 || exponent > 5) exponent_ = exponent;
  }

  Html draw() {
    std::string shapes = y_axis();  // the first: its labels decide where the others begin
    shapes += x_axis() + event_lines();
    for (std::size_t i = 0; i < chart_.curves.size(); ++i) shapes += curve(i);
    const Html svg =
        element("svg", {{"viewBox", "0 0 " + at(width) + " " + at(height)}, {"role", "img"}},
                {element("title", {chart_.title}), element("desc", {summary()}),
                 Html::markup(std::move(shapes))});
    return element("div", {{"class", "chart"}}, {svg, legend()});
  }

 private:
  [[nodiscard]] double px(double x) const {
    return left_ + (x - x_.low) / (x_.high - x_.low) * (width - right - left_);
  }
  [[nodiscard]] double py(double y) const {
    const double inside = std::clamp(y, y_.low, y_.high);
    return height - bottom - (inside - y_.low) / (y_.high - y_.low) * (height - bottom - top);
  }

  static std::string text(const char* kind, double x, double y, std::string_view content) {
    return element("text", {{"class", kind}, {"x", at(x)}, {"y", at(y)}}, {Html(content)}).str();
  }
  static std::string line(const char* kind, double x1, double y1, double x2, double y2) {
    return "<path class=\"" + std::string(kind) + "\" d=\"M" + at(x1) + "," + at(y1) + "L" +
           at(x2) + "," + at(y2) + "\"/>";
  }

  std::string y_axis() {
    const Ticks ticks(y_.low, y_.high, 5);
    const double unit = std::pow(10.0, exponent_);
    const int decimals =
        std::max(0, -static_cast<int>(std::floor(std::log10(ticks.step / unit) + 1e-9)));
    std::vector<std::string> labels;
    std::size_t longest = 1;
    for (const double value : ticks.values) {
      labels.push_back(typeset(with_decimals(value / unit, decimals)));
      longest = std::max(longest, labels.back().size() - (value < 0 ? 2 : 0));  // the minus sign's
    }
    left_ = letter * static_cast<double>(longest) + 14;
    const std::string scale = exponent_ == 0 ? "" : " (× 10" + superscript(exponent_) + ")";
    std::string shapes = text("label", 2, 14, chart_.y_label + scale);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const double value = ticks.values[i], y = py(value);
      shapes += line(value == 0 ? "grid zero" : "grid", left_, y, width - right, y);
      shapes += text("tick y", left_ - 7, y + 4, labels[i]);
    }
    return shapes;
  }

  [[nodiscard]] std::string x_axis() const {
    std::string shapes = line("axis", left_, height - bottom, width - right, height - bottom);
    for (const double value : Ticks(x_.low, x_.high, 6).values) {
      if (value != std::floor(value)) continue;  // epochs and iterations are whole
      const double x = px(value);
      shapes += line("axis", x, height - bottom, x, height - bottom + 4);
      const std::string label = typeset(with_decimals(value, 0));
      const bool fits = x + letter * static_cast<double>(label.size()) / 2 <= width;
      shapes += text(fits ? "tick" : "tick end", fits ? x : width, height - bottom + 17, label);
    }
    return shapes + text("label x", (left_ + width - right) / 2, height - 5, chart_.x_label);
  }

  [[nodiscard]] std::string event_lines() const {
    std::string shapes;
    for (const double x : chart_.events) {
      if (x >= x_.low && x <= x_.high) {
        shapes += line("event", px(x), top, px(x), height - bottom);
      }
    }
    return shapes;
  }

  [[nodiscard]] std::string path(const std::vector<Point>& points, const std::string& kind) const {
    std::string text = "<path class=\"" + kind + "\" d=\"";
    const char* command = "M";
    for (const Point& point : thinned(points)) {
      text += command + at(px(point.x)) + "," + at(py(point.y));
      command = "L";
    }
    return text + "\"/>";
  }

  [[nodiscard]] std::string circle(const Point& point, const std::string& kind,
                                   double radius) const {
    return "<circle class=\"" + kind + "\" cx=\"" + at(px(point.x)) + "\" cy=\"" + at(py(point.y)) +
           "\" r=\"" + at(radius) + "\"/>";
  }

  [[nodiscard]] std::string curve(std::size_t number) const {
    constexpr std::size_t enough = 50;  // points for a running mean
    const Curve& c = chart_.curves[number];
    const std::string colour = colour_of(number);
    std::string shapes;
    for (const auto& piece : pieces(c.points)) {
      if (c.look == Look::marks) {
        for (const Point& point : piece) shapes += circle(point, "mark", 4);
      } else if (c.look == Look::rule) {
        shapes += path(piece, "rule");
      } else if (piece.size() == 1) {
        shapes += circle(piece.front(), "dot " + colour, 2.5);
      } else if (c.look == Look::noisy && piece.size() >= enough) {
        shapes += path(piece, "faint " + colour);
        shapes += path(running_mean(piece), "curve " + colour);
      } else {
        shapes += path(piece, "curve " + colour);
      }
    }
    return shapes;
  }

  static std::string colour_of(std::size_t number) { return "c" + std::to_string(number % 4); }

  [[nodiscard]] Html legend() const {
    Html entries;
    const auto add = [&](const std::string& sample, const std::string& name) {
      entries += element(
          "li", {Html::markup("<svg class=\"key\" viewBox=\"0 0 28 10\" aria-hidden=\"true\">" +
                              sample + "</svg>"),
                 name});
    };
    for (std::size_t i = 0; i < chart_.curves.size(); ++i) {
      const Look look = chart_.curves[i].look;
      const std::string colour = colour_of(i);
      const std::string sample =
          look == Look::marks  ? "<circle class=\"mark\" cx=\"14\" cy=\"5\" r=\"4\"/>"
          : look == Look::rule ? line("rule", 0, 5, 28, 5)
                               : line(("curve " + colour).c_str(), 0, 5, 28, 5);
      add(sample, chart_.curves[i].name);
    }
    if (!chart_.events.empty()) add(line("event", 14, 0, 14, 10), chart_.event_name);
    if (beyond_ > 0) {
      entries += element("li", {std::to_string(beyond_) + " values beyond the axis, up to " +
                                pretty(farthest_) + ", are drawn at its end"});
    }
    return element("ul", {{"class", "legend"}}, {entries});
  }

  /// The chart in words.
  [[nodiscard]] std::string summary() const {
    std::string text = chart_.y_label + " by " + chart_.x_label + ".";
    for (const Curve& c : chart_.curves) {
      std::vector<Point> known;
      for (const auto& piece : pieces(c.points))
        known.insert(known.end(), piece.begin(), piece.end());
      if (known.empty()) continue;
      const auto [low, high] = std::ranges::minmax_element(known, {}, &Point::y);
      text += " " + c.name + ": from " + pretty(known.front().y) + " at " +
              pretty(known.front().x) + " to " + pretty(known.back().y) + " at " +
              pretty(known.back().x) + ", lowest " + pretty(low->y) + ", highest " +
              pretty(high->y) + ".";
    }
    return text;
  }

  const Chart& chart_;
  Range x_, y_;
  double left_ = 0;
  int exponent_ = 0;  // of ten, by which the y axis is divided
  std::ptrdiff_t beyond_ = 0;
  double farthest_ = 0;
};

}  // namespace

Ticks::Ticks(double low, double high, int count) {
  const double rough = (high - low) / count;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0}) {
    if (factor * power >= rough * 0.999) step = factor * power;
  }
  const double first = std::ceil(low / step - 1e-6), last = std::floor(high / step + 1e-6);
  for (double i = first; i <= last; ++i) values.push_back(i == 0 ? 0 : i * step);
}

bool has_values(const Curve& curve) {
  return std::ranges::any_of(curve.points, [](const Point& p) { return is_drawable(p.y); });
}

Html draw(const Chart& chart) {
  return Drawing(chart).draw();
}

std::string pretty(double value, int digits) {
  if (!std::isfinite(value)) return std::isnan(value) ? "not a number" : "infinite";
  const double size = std::abs(value);
  if (value == std::floor(value) && size < 1e15) return typeset(with_decimals(value, 0));
  return typeset(
      ebm::io::with_significant(value, size >= 1000 && size < 1e6 ? digits + 2 : digits));
}

}  // namespace ebm_mnist
