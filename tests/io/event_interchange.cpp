// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdint>
#include <ebm/io/io.hpp>
#include <exception>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

/// Our half of the exchange of event files with TensorBoard: `FOLDER`.
///
/// Writes two sessions, of which the second does steps from 3 on again. After each flush it prints
/// a line and waits for one, while read_events_with_python.py looks at the files.
namespace {

using ebm::io::Picture;
using ebm::io::TensorBoard;

constexpr double infinity = std::numeric_limits<double>::infinity();

void let_the_reader_look() {
  std::cout << "flushed" << std::endl;
  std::string answer;
  if (!std::getline(std::cin, answer)) throw ebm::Error("the reader is gone");
}

/// Values of many sizes and both signs, none of them on the edge of a bucket.
std::vector<double> many_values() {
  std::vector<double> values;
  double size = 3e-14;
  for (int i = 0; i < 200; ++i) {
    values.push_back(i % 3 == 0 ? -size : size);
    size *= 1.37;
  }
  return values;
}

Picture picture(int channels, std::int64_t step) {
  Picture result{4, 5, channels, {}};
  for (int i = 0; i < 4 * 5 * channels; ++i) {
    result.pixels.push_back(static_cast<std::uint8_t>(50 * step + i));
  }
  return result;
}

void write_first_session(const std::filesystem::path& folder) {
  TensorBoard board(folder);
  for (std::int64_t step = 0; step < 6; ++step) {
    board.scalar("loss/train", 0.1 * static_cast<double>(step), step);
    board.scalar("first session's", 1, step);
    board.image("gray", picture(1, step), step);
  }
  board.image("rgb", picture(3, 1), 1);
  board.histogram("weights/größer", many_values(), 0);
  board.histogram("weights/float", std::vector<float>{-1.5f, 0.0f, 0.25f, 0.25f}, 0);
  board.histogram("weights/none", std::vector<float>{}, 0);
  board.histogram("weights/diverged", std::vector<double>{2.0, std::nan(""), -infinity}, 0);
  board.text("configuration", "**steps**: 60, größer", 0);
  board.scalar("wild", infinity, 0);
  board.scalar("wild", -infinity, 1);
  board.scalar("wild", std::nan(""), 2);
  board.flush();
  let_the_reader_look();
  board.scalar("late", 7, -1);
  board.flush();
  let_the_reader_look();
}

void write_second_session(const std::filesystem::path& folder) {
  TensorBoard board(folder, {.first_step = 3});
  for (std::int64_t step = 3; step < 5; ++step) {
    board.scalar("loss/train", 100.0 + static_cast<double>(step), step);
  }
  board.image("gray", picture(1, 3), 3);
}

/// Its first step is not given, so all that was written before stays.
void write_third_session(const std::filesystem::path& folder) {
  TensorBoard board(folder);
  board.scalar("loss/train", 200, std::int64_t{1} << 40);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    ebm::require(argc == 2, "usage: event_interchange FOLDER");
    write_first_session(argv[1]);
    write_second_session(argv[1]);
    write_third_session(argv[1]);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
