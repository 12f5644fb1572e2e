// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <ebm/io/embed.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace {

using ebm::io::SafeTensors;
using Limits = std::numeric_limits<float>;

}  // namespace

TEST_CASE("a float's literal means it to the last bit") {
  using ebm::io::detail::float_literal;
  CHECK(float_literal(0.75f) == "0x1.8p-1f");
  CHECK(float_literal(-0.0f) == "-0x0p+0f");
  for (const float value : {0.1f, -1e-30f, Limits::max(), Limits::denorm_min(), 12345.678f}) {
    CHECK(std::strtof(float_literal(value).c_str(), nullptr) == value);
  }
}

TEST_CASE("a header has a model's tensors, and texts from files are literals, not code") {
  const TemporaryFolder folder;
  SafeTensors content;
  content.add("a\n\"}; b", {2}, std::vector{1.0f, -0.5f});
  content.metadata()["note\\"] = "\x1b[31m?";
  ebm::io::write_embedded(folder / "w.hpp", content, "mine");
  const std::string text = ebm::io::read_text(folder / "w.hpp");
  const auto holds = [&](const char* part) { return text.find(part) != text.npos; };
  CHECK(holds("inline constexpr float tensor1[] = {  // 'a?\"}; b'\n    0x1p+0f, -0x1p-1f,"));
  CHECK(holds("    {\"a\\012\\042}; b\", tensor1},\n"));
  CHECK(holds("    {\"note\\134\", \"\\033[31m?\"},\n"));
  CHECK(holds("namespace mine {"));
}

TEST_CASE("what can't be embedded is refused") {
  const TemporaryFolder folder;
  SafeTensors broken;
  broken.add("w", {2}, std::vector{1.0f, std::numeric_limits<float>::quiet_NaN()});
  CHECK(message_of<ebm::Error>([&] { ebm::io::write_embedded(folder / "w.hpp", broken, "a"); }) ==
        "number 1 of tensor 'w' of memory is nan, expected a finite number");
  SafeTensors content;
  content.add("x", {1}, std::vector{1.0});
  CHECK(message_of<ebm::InvalidArgument>(
            [&] { ebm::io::write_embedded(folder / "w.hpp", content, "a b"); }) ==
        "write_embedded: 'a b' can't be the name of a namespace: expected letters, digits and "
        "underlines");
  CHECK_THROWS_AS(ebm::io::write_embedded(folder / "w.hpp", content, "a"), ebm::Error);
  CHECK(message_of<ebm::Error>([&] {
          ebm::io::write_embedded(folder / "w.hpp", SafeTensors(), "a");
        }) == "there is no tensor to embed");
  SafeTensors none;
  none.add("x", {0}, std::vector<float>());
  CHECK(message_of<ebm::Error>([&] { ebm::io::write_embedded(folder / "w.hpp", none, "a"); }) ==
        "tensor 'x' holds no value");
  CHECK_FALSE(std::filesystem::exists(folder / "w.hpp"));
}
