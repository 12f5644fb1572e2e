// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <ebm/core/error.hpp>
#include <ebm/core/version.hpp>
#include <ebm/io/quoted.hpp>
#include <iostream>
#include <memory>
#include <new>

#include "commands.hpp"
#include "usage.hpp"

/// The command line of ebm-mnist.
namespace ebm_mnist {

namespace {

constexpr int success = 0, failure = 1, wrong_usage = 2;

int complain(std::string what, int code) {
  std::ranges::replace(what, '\n', ' ');  // of a file name: one sentence is one line
  std::cerr << "ebm-mnist: " << ebm::io::printable(what) << '\n';
  return code;
}

int flush_output() {
  if (!std::cout.flush()) return complain("can't write to standard output", failure);
  return success;
}

/// What was wrong with the command line, and who knows better.
int complain_of_usage(const CLI::App& app, std::string what) {
  std::string help = "ebm-mnist";
  for (const CLI::App* command : app.get_subcommands()) help += ' ' + command->get_name();
  return complain(what + " (see '" + help + " --help')", wrong_usage);
}

/// "; did you mean --epochs?", if an option or a command is much like one of the words that nobody
/// knows.
std::string suggestion(const CLI::App& app) {
  std::vector<std::string> names;
  const auto used = app.get_subcommands();
  for (const CLI::Option* option : (used.empty() ? app : *used.front()).get_options()) {
    names.push_back("--" + option->get_single_name());
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (used.empty()) names.push_back(command->get_name());
  }
  std::vector<std::string> words = app.remaining(true);
  if (used.empty())
    words.resize(std::min<std::size_t>(words.size(), 1));  // what follows is not ours
  for (const std::string& word : words) {
    const std::string meant = nearest(word.substr(0, word.find('=')), names);
    if (!meant.empty()) return "; did you mean " + meant + "?";
  }
  return "";
}

/// "train, sample or score"
std::string commands(const CLI::App& app) {
  const auto all = app.get_subcommands([](const CLI::App*) { return true; });
  std::string names;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool is_last = i + 1 == all.size();
    names += (i == 0 ? "" : is_last ? " or " : ", ") + all[i]->get_name();
  }
  return names;
}

/// Standard streams that are closed read and write nothing, before a file gets their number and
/// with it what is meant for them.
void open_standard_streams() {
  while (true) {
    const int descriptor = ::open("/dev/null", O_RDWR);
    if (descriptor <= STDERR_FILENO && descriptor >= 0) continue;
    if (descriptor > STDERR_FILENO) ::close(descriptor);
    return;
  }
}

int run(int argc, char** argv) {
  open_standard_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error like a full disk
  CLI::App app("Example: ebm-mnist train\n\nEnergy-based models of handwritten digits.",
               "ebm-mnist");
  app.formatter(std::make_shared<HelpFormatter>());
  app.footer(
      "Exit status: 0 success; 1 failure (files, data, divergence); 2 wrong usage; 130 "
      "interrupted.\n"
      "'ebm-mnist COMMAND --help' tells the options of a command.");
  std::string cpu;
  app.add_option("--cpu", cpu,
                 "Instruction set, before the command: sse2, avx2 or avx512; the newest that the "
                 "processor has, if it is left out")
      ->type_name("NAME");
  app.set_version_flag("--version", std::string(ebm::version));
  app.require_subcommand(1);
  add_train(app, cpu, {argv, argv + argc});
  add_sample(app, cpu);
  add_generate(app, cpu);
  add_score(app, cpu);
  add_analyze(app, cpu);
  add_denoise(app, cpu);
  add_inpaint(app, cpu);
  add_embed(app);
  add_export(app, cpu);
  add_report(app, cpu);

  try {
    app.parse(argc, argv);                 // and runs the command
  } catch (const CLI::Success& request) {  // --help, --version
    app.exit(request);
  } catch (const CLI::RequiredError& error) {
    if (!app.get_subcommands().empty()) {
      return complain_of_usage(app, error.what() + suggestion(app));
    }
    const std::string got =
        argc > 1 ? ", got " + ebm::io::quoted_text(argv[1]) + suggestion(app) : "";
    return complain_of_usage(app, "expected a command: " + commands(app) + got);
  } catch (const CLI::ExtrasError& error) {
    return complain_of_usage(app, error.what() + suggestion(app));
  } catch (const CLI::ParseError& error) {
    return complain_of_usage(app, error.what());
  } catch (const ebm::InvalidArgument& error) {
    return complain(error.what(), wrong_usage);
  } catch (const Interrupted& interruption) {
    constexpr int shells_offset = 128;
    return complain(interruption.what(), shells_offset + interruption.signal());
  } catch (const std::bad_alloc&) {
    return complain("out of memory: fewer images, chains or threads may help", failure);
  } catch (const std::exception& error) {
    return complain(error.what(), failure);
  }
  return flush_output();
}

}  // namespace

}  // namespace ebm_mnist

int main(int argc, char** argv) {
  return ebm_mnist::run(argc, argv);
}
