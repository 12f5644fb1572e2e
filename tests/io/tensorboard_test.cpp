// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/io/tensorboard.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/file_size_limit.hpp"
#include "support/grouping_locale.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace {

using ebm::Error;
using ebm::InvalidArgument;
using ebm::io::quoted;
using ebm::io::TensorBoard;

std::string refusal(const std::filesystem::path& folder) {
  return message_of<Error>([&] { TensorBoard board(folder); });
}

}  // namespace

TEST_CASE("a session makes its folder and the start of a file that a reader sees at once") {
  const TemporaryFolder folder;
  const TensorBoard board(folder / "runs" / "first");
  CHECK(board.path().parent_path() == folder / "runs" / "first");
  CHECK(board.path().filename().string().starts_with("events.out.tfevents."));
  CHECK(std::filesystem::file_size(board.path()) > 0);
}

TEST_CASE("a later session's file sorts after the earlier ones, whatever the clock says") {
  const TemporaryFolder folder;
  std::ofstream(folder / "events.out.tfevents.4000000000.zebra.999");
  std::ofstream(folder / "events.out.tfevents.damaged");
  const TensorBoard first(folder.path()), second(folder.path());
  CHECK(first.path().filename().string().starts_with("events.out.tfevents.4000000001."));
  CHECK(first.path() < second.path());
}

TEST_CASE("sessions' names and order do not depend on the program's locale") {
  const TemporaryFolder folder;
  const GroupingLocale german;
  std::ofstream(folder / "events.out.tfevents.4000000000.zebra.999");
  const TensorBoard first(folder.path()), second(folder.path());
  CHECK(first.path().filename().string().starts_with("events.out.tfevents.4000000001."));
  CHECK(second.path().filename().string().starts_with("events.out.tfevents.4000000002."));
  CHECK(second.path().filename().string().ends_with(ebm::sentence(".", ::getpid())));
}

TEST_CASE("nothing is written between flushes, and the destructor writes the rest") {
  const TemporaryFolder folder;
  std::filesystem::path path;
  std::uintmax_t flushed = 0;
  {
    TensorBoard board(folder.path());
    path = board.path();
    const auto start = std::filesystem::file_size(path);
    for (int step = 0; step < 100; ++step) board.scalar("loss", 0.5, step);
    CHECK(std::filesystem::file_size(path) == start);
    board.flush();
    flushed = std::filesystem::file_size(path);
    CHECK(flushed > start);
    board.scalar("loss", 0.5, 100);
  }
  CHECK(std::filesystem::file_size(path) > flushed);
}

TEST_CASE("a tag that is empty or not UTF-8 is refused by every function, and nothing written") {
  const TemporaryFolder folder;
  TensorBoard board(folder.path());
  const std::vector<float> values{1.0f};
  const auto complaints = [&](std::string_view tag) {
    return std::vector<std::string>{
        message_of<InvalidArgument>([&] { board.scalar(tag, 1, 0); }),
        message_of<InvalidArgument>([&] { board.image(tag, {1, 1, 1, {0}}, 0); }),
        message_of<InvalidArgument>([&] { board.histogram(tag, values, 0); }),
        message_of<InvalidArgument>([&] { board.text(tag, "text", 0); })};
  };
  const auto start = std::filesystem::file_size(board.path());
  CHECK(complaints("") == std::vector<std::string>{"TensorBoard::scalar: the tag is empty",
                                                   "TensorBoard::image: the tag is empty",
                                                   "TensorBoard::histogram: the tag is empty",
                                                   "TensorBoard::text: the tag is empty"});
  CHECK(complaints("\xff")[0] == "TensorBoard::scalar: the tag '?' is not UTF-8");
  board.flush();
  CHECK(std::filesystem::file_size(board.path()) == start);
}

TEST_CASE("a text that is not UTF-8 and a picture of impossible sizes are refused") {
  const TemporaryFolder folder;
  TensorBoard board(folder.path());
  CHECK(message_of<InvalidArgument>([&] { board.text("notes", "\xc3(", 0); }) ==
        "TensorBoard::text: the text of 'notes' is not UTF-8");
  CHECK(message_of<InvalidArgument>([&] { board.image("dreams", {2, 2, 1, {0}}, 0); }) ==
        "encode_png: got 1 bytes, expected 4");
}

TEST_CASE("a folder that is a file, or that can't be made, is refused with the reason") {
  const TemporaryFolder folder;
  std::ofstream(folder / "file");
  CHECK(refusal(folder / "file") ==
        "cannot write into " + quoted(folder / "file") + ": Not a directory");
  CHECK(refusal(folder / "file" / "below") ==
        "cannot write into " + quoted(folder / "file" / "below") + ": Not a directory");
  const auto long_name = folder / std::string(256, 'n');
  CHECK(refusal(long_name) == "cannot write into " + quoted(long_name) + ": File name too long");
}

TEST_CASE("a full disk is one error of a flush, and the session's end is silent") {
  const TemporaryFolder folder;
  const FileSizeLimit limit(1'000);
  TensorBoard board(folder.path());
  for (int step = 0; step < 100; ++step) board.scalar("loss", std::nan(""), step);
  CHECK(message_of<Error>([&] { board.flush(); }) ==
        "cannot write " + quoted(board.path()) + ": File too large");
}
