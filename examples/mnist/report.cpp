// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/io/quoted.hpp>
#include <ebm/io/write_file.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "analysis.hpp"
#include "cli.hpp"
#include "commands.hpp"
#include "earlier_run.hpp"
#include "pictures.hpp"
#include "report_page.hpp"
#include "run_record.hpp"
#include "run_summary.hpp"
#include "svg_chart.hpp"

namespace ebm_mnist {

namespace {

namespace fs = std::filesystem;

struct ReportOptions {
  fs::path run;
  fs::path out;
  fs::path model;
  fs::path data = EBM_MNIST_DATA_DIR;
  int images = 0;
  std::vector<std::string> beside;
  int samples = 0;
  bool json = false, quiet = false;
  int threads = 0;
};

/// name: as the report shall call the model
ModelAnalysis analyze_model(const ReportOptions& o, const std::string& name, const Model& model,
                            const ImageSets& sets, const Judge* judge, const Engine& engine) {
  ModelAnalysis result{.analysis = analyze(engine, model, sets, {}, 0, o.threads),
                       .model = name,
                       .data = o.data.string(),
                       .has_levels = model.has_levels(),
                       .judgements = {}};
  if (judge != nullptr) {
    const ChainOptions chains{.steps = steps_for(model), .langevin = {}};
    const auto samples =
        by_model(name, [&] { return model.run_chains(o.samples, chains, 0, 0, o.threads).final; });
    result.judgements = judge_samples(*judge, samples, sets, 0, o.threads);
  }
  return result;
}

/// The model `file` and those beside it, all of them read before the work.
ModelAnalyses analyze_models(const ReportOptions& o, const fs::path& file, const Engine& engine) {
  const auto own = engine.load(model_file(file.string()));
  std::vector<std::unique_ptr<const Model>> others;
  for (const std::string& name : o.beside) others.push_back(engine.load(model_file(name)));
  const ImageSets sets = read_image_sets(o.data, o.images);
  const auto judge = o.samples > 0 ? engine.load_judge(EBM_MNIST_JUDGE) : nullptr;
  if (judge) require_comparable(o.samples, sets);
  ModelAnalyses all{.own = analyze_model(o, file.string(), *own, sets, judge.get(), engine),
                    .others = {}};
  for (std::size_t i = 0; i < others.size(); ++i) {
    all.others.push_back(analyze_model(o, o.beside[i], *others[i], sets, judge.get(), engine));
  }
  return all;
}

/// Whether it is the run that lacks something: what was asked for must be there.
Part<ModelAnalyses> analysis_of(const ReportOptions& o, const RunRecord& run, bool is_asked_for,
                                const Engine& engine) {
  const fs::path& file = o.model.empty() ? run.model : o.model;
  if (file.empty()) return {{}, "The run has no model yet, so there is nothing to analyse."};
  try {
    return {analyze_models(o, file, engine), {}};
  } catch (const ebm::Error& error) {
    if (is_asked_for) throw;
    return {{}, std::string("The model can't be analysed: ") + error.what() + "."};
  }
}

void tell_json(const ReportOptions& o, const RunRecord& run, const RunSummary& summary,
               const Part<ModelAnalyses>& analysis) {
  nlohmann::ordered_json json{{"out", o.out.string()},
                              {"epochs", summary.epochs_done},
                              {"complete", summary.is_complete()},
                              {"guard", summary.guard.word}};
  if (summary.best) {
    json["best_epoch"] = summary.best->epoch;
    json[std::string("best_") + validation_of(run.settings.value).column] = summary.best->value;
  }
  if (summary.noise) json["rand_out"] = summary.noise->value;
  if (summary.seconds) json["seconds"] = *summary.seconds;
  json["problems"] = nlohmann::ordered_json::array();
  for (const std::string& problem :
       {run.metrics.problem, analysis.problem, run.settings.problem, run.events.problem}) {
    if (!problem.empty()) json["problems"].push_back(problem);
  }
  std::cout << json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void tell(const ReportOptions& o, const RunRecord& run, const RunSummary& summary) {
  std::cout << summary.epochs_done << " epochs";
  if (summary.best) {
    std::cout << ", best " << validation_of(run.settings.value).name << " in validation "
              << summary.best->value << " after epoch " << summary.best->epoch;
  }
  std::cout << "; guard: " << summary.guard.word << "; the report: " << o.out.string() << '\n';
}

/// What a killed process has set aside comes back, if nobody trains there and this process may. The
/// report is of what is there in any case, and says what did not come back.
void bring_back_if_possible(const fs::path& run) {
  const FolderLock lock(run);
  if (!lock.is_held()) return;
  try {
    recover_run(run, lock);
  } catch (const ebm::Error& error) {
    std::cerr << "ebm-mnist: " << error.what() << '\n';
  }
}

void run(ReportOptions o, bool is_analysis_asked_for, const Engine& engine) {
  bring_back_if_possible(o.run);
  require_no_pipes(o.run);
  const RunRecord record = read_run(o.run);
  if (o.out.empty()) o.out = o.run / "report.html";
  ebm::require(has_extension(o.out, ".html") || has_extension(o.out, ".htm"),
               "--out: expected a name that ends in .html, got ", ebm::io::quoted(o.out));
  ebm::io::require_writable(o.out);
  const RunSummary summary = summary_of(record);
  const Part<ModelAnalyses> analysis = analysis_of(o, record, is_analysis_asked_for, engine);
  ebm::io::write_file_atomically(o.out, report_page(record, summary, analysis));
  if (o.json) {
    tell_json(o, record, summary, analysis);
  } else if (!o.quiet) {
    tell(o, record, summary);
  }
}

}  // namespace

void add_report(CLI::App& app, const std::string& cpu) {
  const auto o = std::make_shared<ReportOptions>();
  CLI::App& c = *app.add_subcommand(
      "report", "Make a web page of a training run, e.g.\n  ebm-mnist report runs/mnist");
  c.footer(
      "The page is one file without scripts that needs no network: curves, samples over time, "
      "chains from noise, the replay buffer, what the model finds unusual, options, and what the "
      "divergence guard did. The run may be complete, going on or interrupted; the page says "
      "what is missing.");
  c.add_option("RUN", o->run, "Folder of the run")->type_name("DIR")->required();
  c.add_option("--out", o->out, "Page to write (.html); left out: report.html in the run's folder")
      ->type_name("FILE");
  CLI::Option* model = c.add_option("--model", o->model,
                                    "Model to analyse; left out: the run's best, else its newest")
                           ->type_name("FILE");
  add_data(c, o->data);
  c.add_option("--images", o->images, "Images of each set to analyse at most; 0: all")
      ->transform(whole(0, million))
      ->capture_default_str();
  c.add_option("--beside", o->beside,
               "Models to compare with it: files, or bundled ones by their names, matching and "
               "tutorial")
      ->type_name("FILE");
  c.add_option("--samples", o->samples,
               "Samples of each model to draw and to compare with images, as analyze does; 0: none")
      ->transform(whole(0, 10'000))
      ->capture_default_str();
  c.add_flag("--json", o->json,
             R"(Print {"out": …, "epochs": …, "guard": …, …, "problems": […]} instead)");
  c.add_flag("--quiet", o->quiet, "Print nothing but what --json asks for");
  add_threads(c, o->threads);
  c.callback([o, model, &c, &cpu] {
    const auto asked =
        model->count() + c.count("--data") + c.count("--beside") + c.count("--samples");
    run(*o, asked > 0, engine_for(cpu));
  });
}

}  // namespace ebm_mnist
