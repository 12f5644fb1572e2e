// SPDX-License-Identifier: MIT
#include "report_charts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <string>

#include "svg_chart.hpp"

namespace ebm_mnist {

namespace {

enum class Axis { iteration, epoch };

/// A column and what its curve is called.
struct Series {
  const char* column;
  const char* name;
};

/// A chart that each run of this program has.
struct Figure {
  const char* title;
  const char* y_label;
  Axis axis;
  std::vector<Series> series;
  const char* caption;
};

const Figure gradient_norm_figure{
    "Gradient norm",
    "norm",
    Axis::iteration,
    {{"gradient_norm", "of all parameters"}},
    "Length of a step's gradient before it is cut to the bound, grad-norm. Good: about as long all "
    "the time. A steady rise tells of divergence before anything else does."};
const Figure learning_rate_figure{
    "Learning rate",
    "learning rate",
    Axis::epoch,
    {{"lr-Adam", "Adam"}},
    "What the schedule, and the divergence guard if it had to, made of it."};
const Figure time_figure{
    "Time",
    "seconds",
    Axis::epoch,
    {{"seconds", "training steps of an epoch"}},
    "Wall time without validation and pictures. Bumps are other programs on the "
    "machine."};

/// Those of the tutorial's recipe.
const std::vector<Figure>& figures_of_divergence() {
  static const std::vector<Figure> all{
      {"Mean scores in training",
       "f",
       Axis::iteration,
       {{"metrics_avg_real", "training images"}, {"metrics_avg_fake", "the chains' samples"}},
       "Mean f of each measured batch (faint) and its running mean. Good: the two stay together, "
       "near 0, so that samples look as likely as data. Bad: they part and never meet again."},
      {"Loss",
       "loss",
       Axis::iteration,
       {{"loss", "loss"},
        {"loss_contrastive_divergence", "contrastive divergence"},
        {"loss_regularization", "regulariser"}},
       "Contrastive divergence is f of samples less f of data; the regulariser keeps scores small. "
       "A loss near 0 is no goal and no success: it is so from the first hundred steps on, while "
       "samples still get better. What counts is that it never leaves 0 for good."},
      {"Noise, as the model sees it",
       "f",
       Axis::epoch,
       {{"rand_out", "1,024 noise images"}},
       "Mean f of noise (rand_out) after each epoch, which should keep falling: the model learns "
       "how unlikely noise is."},
      {"Validation",
       "f",
       Axis::epoch,
       {{"val_contrastive_divergence", "contrastive divergence"},
        {"val_fake_out", "noise images"},
        {"val_real_out", "test images"}},
       "After each epoch: f of noise less f of test images, and both of them. Lower is better, and "
       "best.safetensors is from the lowest. Test images should stay near 0, where training images "
       "are: if they fall, the model has learnt its training set by heart."},
      gradient_norm_figure,
      learning_rate_figure,
      time_figure,
  };
  return all;
}

/// Those of recipes over noise levels.
const std::vector<Figure>& figures_of_levels() {
  static const std::vector<Figure> all{
      {"Loss",
       "loss",
       Axis::iteration,
       {{"loss", "loss"},
        {"loss_score_matching", "denoising score matching"},
        {"loss_cross_entropy", "cross-entropy"},
        {"loss_level_divergence", "divergence at all levels"}},
       "Denoising score matching is how far the slopes of E are from the noise that images have "
       "got, which has variance 1, over all levels. It falls fast, then slowly, and stays above 0: "
       "nobody can tell all noise from what was there. The divergence is E of noisy images less E "
       "of chains, with its weight, and should stay near 0."},
      {"Validation",
       "loss",
       Axis::epoch,
       {{"val_loss", "test images"}},
       "Denoising score matching of test images after each epoch. Lower is better, and "
       "best.safetensors is from the lowest. If it rises while the loss falls, the model learns "
       "its training set by heart."},
      {"Lost chains",
       "chains",
       Axis::iteration,
       {{"lost_chains", "of a batch"}},
       "Chains that left the bound, and began anew as images. Good: none, or a few at first."},
      gradient_norm_figure,
      learning_rate_figure,
      time_figure,
  };
  return all;
}

/// Columns without a chart: mean scores of runs over noise levels are at levels drawn anew for each
/// image, which says nothing.
constexpr std::array<const char*, 2> not_drawn{"metrics_avg_real", "metrics_avg_fake"};

/// (epoch, mean f of noise) of the UvA course's own run of Tutorial 8, from its TensorBoard.
constexpr std::array<Point, 10> tutorial{{{1, -1.14},
                                          {2, -2.16},
                                          {3, -2.65},
                                          {5, -3.76},
                                          {10, -5.94},
                                          {20, -9.77},
                                          {30, -12.46},
                                          {40, -14.32},
                                          {50, -15.64},
                                          {60, -16.34}}};

std::vector<Point> points_of(const RunMetrics& metrics, std::size_t column, Axis axis) {
  std::vector<Point> points;
  for (const RunMetrics::Row& row : metrics.rows) {
    if (!row.values[column]) continue;
    points.push_back({axis == Axis::epoch ? row.epoch : row.iteration, *row.values[column]});
  }
  return points;
}

/// A column that this program does not know: measured once an epoch, or more often?
Axis axis_of(const RunMetrics& metrics, std::size_t column) {
  double last_epoch = 0;
  for (const RunMetrics::Row& row : metrics.rows) {
    if (!row.values[column]) continue;
    if (row.epoch == last_epoch) return Axis::iteration;
    last_epoch = row.epoch;
  }
  return Axis::epoch;
}

class Charts {
 public:
  explicit Charts(const RunRecord& run) : run_(run), metrics_(run.metrics.value) {
    for (const RunEvent& event : run.events.value) {
      iterations_of_events_.push_back(static_cast<double>(event.iteration));
      epochs_of_events_.push_back(static_cast<double>(event.epoch));
    }
  }

  Html draw() {
    const bool has_levels = run_.settings.value.has_levels();
    if (has_levels) known_.insert(not_drawn.begin(), not_drawn.end());
    for (const Figure& figure : has_levels ? figures_of_levels() : figures_of_divergence()) {
      add(figure);
    }
    for (std::size_t i = 0; i < metrics_.columns.size(); ++i) {
      if (known_.contains(metrics_.columns[i])) continue;
      const Axis axis = axis_of(metrics_, i);
      const Look look = axis == Axis::iteration ? Look::noisy : Look::line;
      Chart chart = empty(metrics_.columns[i], "value", axis);
      chart.curves.push_back({metrics_.columns[i], points_of(metrics_, i, axis), look});
      add(chart, "A column of metrics.csv that this report has no words for.");
    }
    if (charts_.empty()) return element("p", {"metrics.csv holds no number yet."});
    return element("div", {{"class", "charts"}}, {charts_});
  }

 private:
  [[nodiscard]] Chart empty(const std::string& title, const char* y_label, Axis axis) const {
    const bool is_epoch = axis == Axis::epoch;
    return {.title = title,
            .x_label = is_epoch ? "epoch" : "iteration",
            .y_label = y_label,
            .curves = {},
            .events = is_epoch ? epochs_of_events_ : iterations_of_events_,
            .event_name = "divergence guard"};
  }

  void add(const Figure& figure) {
    Chart chart = empty(figure.title, figure.y_label, figure.axis);
    const Look look = figure.axis == Axis::iteration ? Look::noisy : Look::line;
    for (const auto& [column, name] : figure.series) {
      known_.insert(column);
      const auto place = metrics_.find(column);
      if (place) chart.curves.push_back({name, points_of(metrics_, *place, figure.axis), look});
    }
    if (std::ranges::none_of(chart.curves, has_values)) return;
    const std::string_view first = figure.series.front().column;
    std::string caption = figure.caption;
    if (first == "rand_out" && is_like_the_tutorials()) {
      add_tutorial(chart);
      caption +=
          " Circles: the tutorial's own run of 60 epochs; other seeds may lie a third off it.";
    }
    if (first == "gradient_norm") add_bound(chart);
    add(chart, caption);
  }

  void add(const Chart& chart, const std::string& caption) {
    if (std::ranges::none_of(chart.curves, has_values)) return;
    charts_ += element("figure", {element("h3", {chart.title}), ebm_mnist::draw(chart),
                                  element("figcaption", {caption})});
  }

  [[nodiscard]] std::optional<double> setting(std::string_view name) const {
    const std::string text = run_.settings.value.find(name).value_or("");
    double value = 0;
    const char* end = text.data() + text.size();
    if (std::from_chars(text.data(), end, value).ec != std::errc{}) return std::nullopt;
    return value;
  }

  [[nodiscard]] bool is_like_the_tutorials() const {
    const auto& settings = run_.settings.value;
    const std::pair<const char*, double> numbers[] = {
        {"batch", 128},     {"steps", 60},  {"step-size", 10},   {"learning-rate", 1e-4},
        {"lr-decay", 0.97}, {"alpha", 0.1}, {"limit-batches", 0}};
    return settings.find("model") == "tutorial" &&
           std::ranges::all_of(
               numbers, [&](const auto& option) { return setting(option.first) == option.second; });
  }

  /// As far as this run has come: the axis is the run's.
  static void add_tutorial(Chart& chart) {
    const double last = chart.curves.front().points.back().x;
    Curve curve{"the tutorial's own run", {}, Look::marks};
    for (const Point& point : tutorial) {
      if (point.x <= last) curve.points.push_back(point);
    }
    chart.curves.push_back(std::move(curve));
  }

  /// Not where it is so far away that the curve would be flat beside it.
  void add_bound(Chart& chart) const {
    const auto bound = setting("grad-norm");
    const auto& points = chart.curves.front().points;
    const double highest = std::ranges::max(points, {}, &Point::y).y;
    if (!bound || !(*bound <= 2 * highest)) return;
    chart.curves.push_back({"bound", {{0, *bound}, {points.back().x, *bound}}, Look::rule});
  }

  const RunRecord& run_;
  const RunMetrics& metrics_;
  std::vector<double> iterations_of_events_, epochs_of_events_;
  std::set<std::string, std::less<>> known_;
  Html charts_;
};

}  // namespace

Html charts_of(const RunRecord& run) {
  return Charts(run).draw();
}

}  // namespace ebm_mnist
