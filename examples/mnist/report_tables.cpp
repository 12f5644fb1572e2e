// SPDX-License-Identifier: MIT
#include "report_tables.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <ebm/io/digits.hpp>

#include "commands.hpp"
#include "svg_chart.hpp"

namespace ebm_mnist {

namespace {

struct Column {
  const char* name;
  const char* kind = "";  ///< class of its cells
};

Html cell(const char* kind, const Html& content) {
  if (*kind == '\0') return element("td", {content});
  return element("td", {{"class", kind}}, {content});
}

/// rows: markup of <tr> elements
Html table(const char* kind, const char* caption, const std::vector<Column>& columns,
           const Html& rows) {
  Html head;
  for (const auto& [name, column_kind] : columns) {
    head += element("th", {{"scope", "col"}, {"class", column_kind}}, {name});
  }
  const Html content =
      element("table", {{"class", kind}},
              {element("caption", {caption}), element("thead", {element("tr", {head})}),
               element("tbody", {rows})});
  // Only what has the focus can be scrolled by keys.
  return element(
      "div", {{"class", "scroll"}, {"tabindex", "0"}, {"role", "region"}, {"aria-label", caption}},
      {content});
}

Html first_cell(const Html& content) {
  return element("th", {{"scope", "row"}}, {content});
}

std::string fixed(double value) {
  return ebm::io::with_decimals(value, 3);
}

/// The area, its interval and the middle as a picture; the numbers stand beside it.
Html area(const ebm::Auroc& auroc) {
  constexpr double left = 6, width = 138, middle = 8;
  const auto x = [](double value) { return fixed(left + width * value); };
  const std::string y = fixed(middle);
  const auto line = [&](const char* kind, double from, double to) {
    return tag("path", {{"class", kind}, {"d", "M" + x(from) + "," + y + "H" + x(to)}});
  };
  return element(
      "svg", {{"class", "area"}, {"viewBox", "0 0 150 16"}, {"aria-hidden", "true"}},
      {line("axis", 0, 1), tag("path", {{"class", "half"}, {"d", "M" + x(0.5) + ",1V15"}}),
       line("span", auroc.low, auroc.high),
       tag("circle", {{"cx", x(auroc.value)}, {"cy", y}, {"r", "4"}})});
}

Html number(double value) {
  return cell("number", fixed(value));
}

Html scores_table(const Analysis& analysis) {
  Html rows;
  for (const auto& [name, f] : analysis.scores) {
    rows += element("tr", {first_cell(name), cell("number", pretty(static_cast<double>(f.size()))),
                           cell("number", pretty(mean(f)))});
  }
  return table("scores", "Mean scores", {{"images"}, {"count", "number"}, {"mean score", "number"}},
               rows);
}

Html auroc_table(const ModelAnalyses& analyses) {
  Html rows;
  const auto& comparisons = analyses.own.analysis.comparisons;
  for (std::size_t i = 0; i < comparisons.size(); ++i) {
    const Comparison& comparison = comparisons[i];
    const ebm::Auroc& auroc = comparison.auroc;
    Html cells;
    cells += first_cell(comparison.group);
    cells += cell("what", comparison.description);
    cells += number(auroc.value);
    cells += cell("number", fixed(auroc.low) + " to " + fixed(auroc.high));
    cells += cell("", area(auroc));
    if (comparison.by_digit) cells += number(comparison.by_digit->value);
    for (const ModelAnalysis& other : analyses.others) {
      cells += number(other.analysis.comparisons[i].auroc.value);
    }
    rows += element("tr", {cells});
  }
  std::vector<Column> columns{{"group"},
                              {"what it is", "what"},
                              {"AUROC", "number"},
                              {"95 % interval", "number"},
                              {"from 0 to 1"}};
  if (!comparisons.empty() && comparisons.front().by_digit) {
    columns.push_back({"by how sure it is of a digit", "number"});
  }
  for (const ModelAnalysis& other : analyses.others) {
    columns.push_back({other.model.c_str(), "number"});
  }
  return table("auroc", "Test images against ten groups of unusual ones", columns, rows);
}

Html samples_table(const ModelAnalyses& analyses) {
  Html rows;
  const auto add = [&](const std::string& name, const Quality& quality) {
    rows +=
        element("tr", {first_cell(name), number(quality.distance), number(quality.confident),
                       number(quality.balance), number(quality.precision), number(quality.recall)});
  };
  const std::vector<Judgement>& own = analyses.own.judgements;
  add("samples of this model", own.front().second);
  for (const ModelAnalysis& other : analyses.others) {
    add("samples of " + other.model, other.judgements.front().second);
  }
  for (std::size_t i = 1; i < own.size(); ++i) add(own[i].first + " images", own[i].second);
  return table("samples", "What a judge says of samples, and of as many images",
               {{"images"},
                {"Fr\u00e9chet distance", "number"},
                {"confident", "number"},
                {"balance", "number"},
                {"precision", "number"},
                {"recall", "number"}},
               rows);
}

/// Numbers by value: "10" and "10.0" are the same.
bool is_same(const std::string& a, const std::string& b) {
  const auto number = [](const std::string& text, double& value) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc{} && stop == end;
  };
  double x = 0, y = 0;
  return a == b || (number(a, x) && number(b, y) && x == y);
}

}  // namespace

Html tables_of(const ModelAnalyses& analyses) {
  Html tables = scores_table(analyses.own.analysis);
  tables += auroc_table(analyses);
  if (!analyses.own.judgements.empty()) tables += samples_table(analyses);
  return tables;
}

Html table_of(const RunSettings& settings) {
  CLI::App app;
  const std::string no_cpu;
  add_train(app, no_cpu, {});  // which knows defaults and meanings
  const CLI::App& train = *app.get_subcommand("train");
  Html rows;
  for (const auto& [name, value] : settings.values) {
    const CLI::Option* option = train.get_option_no_throw("--" + name);
    std::string usual, meaning;
    if (option != nullptr) {
      const bool is_flag = option->get_expected_min() == 0;
      usual = is_flag ? "false" : option->get_default_str();
      meaning = option->get_description();
    }
    const bool is_place = name == "data";  // which differs between machines and says nothing
    const bool is_usual = option == nullptr || is_place || is_same(value, usual);
    rows += element(
        "tr", {{"class", is_usual ? "usual" : "changed"}},
        {first_cell(element("code", {name})), element("td", {element("code", {value})}),
         element("td", {is_usual ? Html() : element("code", {usual})}), cell("what", meaning)});
  }
  return table(
      "settings",
      "Options of the run (config.toml); bold ones differ from the default, which is told there",
      {{"option"}, {"value"}, {"default"}, {"meaning", "what"}}, rows);
}

Html table_of(const std::vector<RunEvent>& events) {
  Html rows;
  for (const RunEvent& event : events) {
    rows += element("tr", {cell("number", std::to_string(event.epoch)),
                           cell("number", pretty(static_cast<double>(event.iteration))),
                           cell("", event.what), cell("", event.action)});
  }
  return table("events", "What the guard saw and did (guard.jsonl)",
               {{"epoch", "number"}, {"iteration", "number"}, {"seen"}, {"done"}}, rows);
}

}  // namespace ebm_mnist
