// SPDX-License-Identifier: MIT
#include "report_page.hpp"

#include <algorithm>
#include <cmath>
#include <ebm/core/version.hpp>
#include <ebm/io/png.hpp>
#include <ebm/log/progress.hpp>

#include "html.hpp"
#include "report_charts.hpp"
#include "report_style.hpp"
#include "report_tables.hpp"
#include "svg_chart.hpp"

namespace ebm_mnist {

namespace {

Html paragraph(const Html& content) {
  return element("p", {content});
}

/// A sentence on what is not there.
Html note(const std::string& sentence) {
  return element("p", {{"class", "note"}}, {sentence});
}

Html section(const char* title, std::initializer_list<Html> content) {
  Html html = element("h2", {title});
  for (const Html& part : content) html += part;
  return element("section", {html});
}

// The headline

std::string progress_of(const RunSummary& summary) {
  const std::string done = std::to_string(summary.epochs_done);
  return summary.epochs_planned ? done + " of " + std::to_string(*summary.epochs_planned) : done;
}

std::string duration(double seconds) {
  return ebm::io::Progress::duration(seconds);
}

Html headline(const RunRecord& run, const RunSummary& s) {
  std::string text = "No epoch is done yet. ";
  if (s.epochs_done > 0) {
    const bool is_one = s.epochs_planned.value_or(s.epochs_done) == 1;
    text = progress_of(s) + (is_one ? " epoch is done" : " epochs are done");
    if (s.epochs_planned && !s.is_complete()) {
      text += ": the run is still going on, or it ended early";
    }
    text += ". ";
  }
  if (s.best) {
    text += std::string("The lowest ") + validation_of(run.settings.value).name +
            " in validation, " + pretty(s.best->value) + ", came after epoch " +
            std::to_string(s.best->epoch) + ". ";
  }
  return paragraph(text + s.guard.sentence);
}

Html fact(const char* name, const std::string& value, const std::string& more) {
  return element("div", {element("dt", {name}), element("dd", {value, element("small", {more})})});
}

Html facts(const RunRecord& run, const RunSummary& s) {
  const auto after = [](const Measured& m) { return "after epoch " + std::to_string(m.epoch); };
  const std::string none = "\u2013";
  Html all = fact("Epochs", progress_of(s), s.is_complete() ? "complete" : "not complete");
  const RunSettings& settings = run.settings.value;
  const bool has_levels = settings.has_levels();
  const char* const validation = has_levels ? "Best validation loss" : "Best validation CD";
  all += s.best ? fact(validation, pretty(s.best->value), after(*s.best))
                : fact(validation, none, "not measured");
  if (!has_levels) {
    all += s.noise ? fact("Mean f of noise", pretty(s.noise->value), after(*s.noise))
                   : fact("Mean f of noise", none, "not measured");
  }
  if (s.seconds && s.epochs_done > 0) {
    const double each = *s.seconds / static_cast<double>(s.epochs_done);
    all += fact("Training time", duration(*s.seconds), duration(each) + " an epoch");
  } else {
    all += fact("Training time", none, "not measured");
  }
  all += fact("Divergence guard", s.guard.word, "details at the end");
  const std::string seed = "seed " + settings.find("seed").value_or("unknown");
  all += has_levels ? fact("Recipe", settings.find("recipe").value_or(none), seed)
                    : fact("Network", settings.find("model").value_or(none), seed);
  return element("dl", {{"class", "facts"}}, {all});
}

// Pictures

/// At most `most` of the pictures, evenly spaced; the first and the last are among them.
std::vector<RunPicture> selection(const std::vector<RunPicture>& all, std::size_t most) {
  if (all.size() <= most) return all;
  std::vector<RunPicture> chosen;
  for (std::size_t i = 0; i < most; ++i) {
    chosen.push_back(all[(2 * i * (all.size() - 1) + most - 1) / (2 * (most - 1))]);  // rounded
  }
  return chosen;
}

Html picture(const RunPicture& picture, const std::string& what) {
  const std::string epoch = std::to_string(picture.epoch);
  try {
    const auto file = ebm::io::read_file(picture.file);
    constexpr std::size_t most = 1 << 20;  // those of a run have 30 kB
    if (file.size() > most) {
      throw ebm::Error(ebm::io::quoted(picture.file) + " is larger than 1 MiB");
    }
    const ebm::io::GrayImages image = ebm::io::read_png_gray(picture.file);  // is it sound?
    return element("figure", {tag("img", {{"src", data_uri("image/png", file)},
                                          {"width", std::to_string(image.columns)},
                                          {"height", std::to_string(image.rows)},
                                          {"alt", what + " after epoch " + epoch}}),
                              element("figcaption", {"Epoch " + epoch})});
  } catch (const ebm::Error& error) {
    return element("figure", {note("The picture of epoch " + epoch +
                                   " can't be shown: " + error.what() + ".")});
  }
}

/// A kind of pictures that a run makes.
struct PictureKind {
  const char* title;
  const char* folder;
  bool is_after_each_epoch;  ///< or as `pictures-every` says
  std::size_t most;          ///< that are shown
  const char* what;          ///< in an alternative text: "such a picture after epoch 7"
  const char* text;
};

constexpr PictureKind samples{
    "Samples over time",
    "samples",
    true,
    8,
    "A grid of the newest samples",
    "The newest states of the chains in the replay buffer after each epoch. Digits should appear "
    "within the first epochs and become cleaner and more various; grids of one repeated shape, or "
    "of noise, are a bad sign."};

constexpr PictureKind level_samples{
    "Samples over time",
    "samples",
    true,
    8,
    "A grid of samples",
    "64 chains after each epoch, from the same noise down the levels in 64 steps. Digits should "
    "appear within the first epoch and become cleaner; blots, and one digit over and over, are a "
    "bad sign."};

constexpr PictureKind level_traces{
    "From noise to digits",
    "generation",
    false,
    4,
    "A grid of chains, one a row, on their way from noise",
    "Each row is a chain that goes down the noise levels. Starts and noise are the same each time, "
    "so what differs between epochs is the model. A digit is chosen early, while it is still deep "
    "in noise."};

constexpr PictureKind traces{
    "From noise to digits",
    "generation",
    false,
    4,
    "A grid of chains, one a row, on their way from noise",
    "Each row is a chain that starts as noise and takes 256 Langevin steps, with a picture after "
    "every 32. Starts and noise are the same each time, so what differs between epochs is the "
    "model. A good model makes a digit of noise and keeps it."};

constexpr PictureKind buffer{
    "The replay buffer",
    "sampler",
    false,
    4,
    "A grid of random samples of the replay buffer",
    "Random samples of the buffer, from which chains go on. It should hold all digits, and a few "
    "young chains that are still noise."};

std::string missing(const RunRecord& run, const PictureKind& kind) {
  const auto every = run.settings.value.find("pictures-every");
  const std::string none = std::string("The run has no picture in ") + kind.folder + "/";
  if (kind.is_after_each_epoch || !every) return none + ".";
  if (*every == "0") return none + ": pictures-every is 0.";
  return none + " yet: one is made every " + *every + " epochs (pictures-every).";
}

Html pictures(const RunRecord& run, const std::vector<RunPicture>& all, const PictureKind& kind) {
  if (all.empty()) return section(kind.title, {note(missing(run, kind))});
  const auto chosen = selection(all, kind.most);
  Html figures;
  for (const RunPicture& one : chosen) figures += picture(one, kind.what);
  Html grid = element("div", {{"class", "pictures"}}, {figures});
  if (chosen.size() < all.size()) {
    grid += paragraph("Shown are " + std::to_string(chosen.size()) + " of " +
                      std::to_string(all.size()) + " pictures; the others are in " + kind.folder +
                      "/.");
  }
  return section(kind.title, {paragraph(kind.text), grid});
}

// Numbers

Html curves(const RunRecord& run) {
  if (!run.metrics.problem.empty()) return section("Curves", {note(run.metrics.problem)});
  const RunMetrics& metrics = run.metrics.value;
  const auto loss = metrics.find("loss");
  const bool has_batches = loss && std::ranges::any_of(metrics.rows, [&](const auto& row) {
                             return row.values[*loss].has_value();
                           });
  const Html begin =
      has_batches ? Html() : note("Losses and scores are on record every 50 steps; none are yet.");
  return section("Curves", {begin, charts_of(run)});
}

/// What a model's scores are.
std::string meaning_of_scores(bool has_levels) {
  return has_levels ? "Scores are minus the Mahalanobis distance of an image's energies at four "
                      "noise levels from those of training images"
                    : "Scores are f = \u2212E of images";
}

Html analysis_section(const Part<ModelAnalyses>& analysis) {
  const char* title = "What the model finds unusual";
  if (!analysis.problem.empty()) return section(title, {note(analysis.problem)});
  const ModelAnalysis& own = analysis.value.own;
  Html text = meaning_of_scores(own.has_levels) + ", by ";
  text += element("code", {own.model});
  text += " with the images in ";
  text += element("code", {own.data});
  text +=
      ": the higher, the more likely. AUROC is how often a test image gets a higher score than an "
      "image of the group. 1 tells them apart always; 0.5, the dashed line, not at all; less finds "
      "the group more likely than the test set.";
  if (!analysis.value.others.empty()) text += " The last columns are those of other models.";
  if (!own.judgements.empty()) {
    text +=
        " A judge, which is a classifier of digits, compares samples with training images: the "
        "Fr\u00e9chet distance of its features (that of training images is about the least that so "
        "few can reach), the share with a class of probability 0.9 or more, the entropy of "
        "classes (1: all equally often), precision and recall.";
  }
  return section(title, {paragraph(text), tables_of(analysis.value)});
}

Html configuration(const RunRecord& run) {
  if (!run.settings.problem.empty()) return section("Configuration", {note(run.settings.problem)});
  Html call;
  const RunSettings& settings = run.settings.value;
  if (!settings.call.empty()) {
    Html text = settings.version.empty() ? "Called as "
                                         : "Called, in version " + settings.version + ", as ";
    text += element("code", {settings.call});
    call = paragraph(text);
  }
  return section("Configuration", {call, table_of(settings)});
}

Html guard(const RunRecord& run, const RunSummary& summary) {
  Html content = paragraph(
      std::string("The guard watches for ") +
      (run.settings.value.has_levels()
           ? ""
           : "chains that get stuck, a network that has died, contrastive divergence in validation "
             "that rises, pixels at their bounds, and ") +
      "numbers that are not finite. It then puts the run back to its last good epoch and lowers "
      "the learning rate or raises the steps, or gives it up.");
  if (run.events.value.empty()) {
    content += note(summary.guard.sentence);
  } else {
    content += table_of(run.events.value);
  }
  return section("Divergence guard", {content});
}

}  // namespace

std::string report_page(const RunRecord& run, const RunSummary& summary,
                        const Part<ModelAnalyses>& analysis) {
  const std::string title = "Training run " + run.name;
  // The browser itself sees to it that nothing is loaded or run.
  constexpr const char* policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
  const Html head = element(
      "head",
      {tag("meta", {{"charset", "utf-8"}}),
       tag("meta", {{"http-equiv", "Content-Security-Policy"}, {"content", policy}}),
       tag("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}}),
       element("title", {title}), element("style", {Html::markup(report_style)})});
  const bool has_levels = run.settings.value.has_levels();
  const Html body = element(
      "main",
      {element("header", {element("h1", {title}), headline(run, summary), facts(run, summary)}),
       curves(run), pictures(run, run.samples, has_levels ? level_samples : samples),
       pictures(run, run.generation, has_levels ? level_traces : traces),
       has_levels ? Html() : pictures(run, run.sampler, buffer), analysis_section(analysis),
       configuration(run), guard(run, summary),
       element("footer", {ebm::sentence("Written by ebm-mnist ", ebm::version, ".")})});
  return "<!DOCTYPE html>\n" +
         element("html", {{"lang", "en"}}, {head, element("body", {body})}).str() + '\n';
}

}  // namespace ebm_mnist
