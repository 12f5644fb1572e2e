// SPDX-License-Identifier: MIT
// apply_config, and with it read_config, on a command with options of all kinds. What is accepted
// is written by to_config and must give the same values again.
#include <sys/resource.h>

#include "checks.hpp"
#include "cli.hpp"
#include "config.hpp"
#include "memory_file.hpp"

namespace {

/// A command and what its options set.
struct Command {
  bool flag = false;
  int count = 0;
  std::uint32_t seed = 0;
  double share = 0, level = 0;
  std::string text, choice = "one";
  std::filesystem::path path;
  CLI::App app{"what the file is for", "command"};

  Command() {
    using ebm_mnist::number, ebm_mnist::whole, ebm_mnist::Without;
    app.add_flag("--flag", flag);
    app.add_option("--count", count)->transform(whole(-1, 1024))->capture_default_str();
    app.add_option("--share", share)->check(number(0, 1, Without::high))->capture_default_str();
    app.add_option("--level", level)->check(number(-1e6, 1e6))->capture_default_str();
    app.add_option("--text", text)->capture_default_str();
    app.add_option("--path", path)->capture_default_str();
    app.add_option("--choice", choice)->check(CLI::IsMember({"one", "two"}))->capture_default_str();
    app.add_option("--secret", text);
    ebm_mnist::add_seed(app, seed);
  }

  void apply(const std::filesystem::path& file) {
    app.clear();
    ebm_mnist::apply_config(app, file, {"secret"});
  }
};

}  // namespace

// What recurses on the input shall show on small ones.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  constexpr rlimit stack{1 << 20, 1 << 20};
  return ::setrlimit(RLIMIT_STACK, &stack);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::ScratchFolder folder;
  static const auto file = folder / "config.toml";
  static Command first, second;
  static const std::vector<std::string> left_out{"help", "secret"};
  fuzz::put_in_memory(file, {data, size});
  if (!fuzz::accepts([&] { first.apply(file); })) return 0;

  const auto values = ebm_mnist::config_values(first.app, left_out);
  const std::string text = ebm_mnist::to_config(first.app, left_out);
  fuzz::put_in_memory(file, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  second.apply(file);
  fuzz::expect(ebm_mnist::config_values(second.app, left_out) == values,
               "options that are written again have the same values");
  return 0;
}
