// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <ebm/io/digits.hpp>
#include <ebm/io/event.hpp>
#include <ebm/io/histogram.hpp>
#include <ebm/io/picture.hpp>
#include <ebm/io/quoted.hpp>
#include <ebm/io/record_file.hpp>
#include <ebm/io/utf8.hpp>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

/// Curves, pictures and histograms of a run, for TensorBoard.
namespace ebm::inline EBM_ABI::io {

/// Options of `TensorBoard`: how a session goes on from earlier ones in the same folder.
struct TensorBoardOptions {
  /// What earlier sessions wrote of this step and of later ones is void, for they are done again;
  /// unless it is set, all of it stays.
  ///
  /// TensorBoard's default loader drops a tag's old steps when the tag is written again; with
  /// `--load_fast=false` it drops all of them at once.
  std::int64_t first_step = std::numeric_limits<std::int64_t>::max();
};

namespace detail {

[[nodiscard]] inline double seconds_since_1970() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

/// A name for an event file that sorts after all that are in the folder: TensorBoard reads them in
/// this order, while clocks may have been set back.
[[nodiscard]] inline std::filesystem::path next_event_file(const std::filesystem::path& folder) {
  constexpr std::string_view prefix = "events.out.tfevents.";
  auto seconds = static_cast<std::uint64_t>(seconds_since_1970());
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    std::uint64_t earlier = 0;
    if (!name.starts_with(prefix)) continue;
    std::from_chars(name.data() + prefix.size(), name.data() + name.size(), earlier);
    seconds = std::max(seconds, earlier + 1);
  }
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host = {"unknown"};
  return folder / sentence(prefix, zero_padded(seconds, 10), '.', host.data(), '.', ::getpid());
}

/// A new event file in the folder, which is made where there is none.
[[nodiscard]] inline std::filesystem::path event_file_in(const std::filesystem::path& folder) {
  try {
    std::filesystem::create_directories(folder);
    return next_event_file(folder);
  } catch (const std::filesystem::filesystem_error& error) {
    throw Error(sentence("cannot write into ", quoted(folder), ": ", error.code().message()));
  }
}

}  // namespace detail

/// Writes an event file that TensorBoard shows, also while it is still written.
///
/// Each session has a file of its own in the folder. Tags are UTF-8 and not empty: a slash makes
/// groups (`loss/train`). Not for several threads at once, and one session at a time in a folder.
/// Errors: InvalidArgument for a tag or a text that can't be shown; Error, with the system's
/// reason, where the file can't be written, and then a later flush goes on with what is missing.
class TensorBoard {
 public:
  /// Makes the folder and `events.out.tfevents.<seconds>.<host>.<process>` in it.
  explicit TensorBoard(const std::filesystem::path& folder, const TensorBoardOptions& options = {})
      : file_(detail::event_file_in(folder)) {
    append(detail::version_event(detail::seconds_since_1970()));
    // The first session too: TensorBoard takes only later starts for restarts.
    append(detail::session_start_event(now(options.first_step)));
    flush();
  }

  /// A point of a curve; stored as float; NaN and infinities are written as they are.
  void scalar(std::string_view tag, double value, std::int64_t step) {
    check_tag("scalar", tag);
    append(detail::scalar_event(now(step), tag, value));
  }

  /// A picture, stored as PNG. For several of them under one tag lay out a grid.
  void image(std::string_view tag, const Picture& picture, std::int64_t step) {
    check_tag("image", tag);
    append(detail::image_event(now(step), tag, picture));
  }

  /// How the finite ones of the values are distributed, any number of them.
  ///
  /// Where there are NaN or infinities, the scalar `<tag>/non_finite` says how many.
  void histogram(std::string_view tag, std::span<const float> values, std::int64_t step) {
    add_histogram(tag, make_histogram(values), step);
  }
  void histogram(std::string_view tag, std::span<const double> values, std::int64_t step) {
    add_histogram(tag, make_histogram(values), step);
  }

  /// A text in UTF-8 that is shown as Markdown, for example the run's configuration.
  void text(std::string_view tag, std::string_view markdown, std::int64_t step) {
    check_tag("text", tag);
    require(is_utf8(markdown), "TensorBoard::text: the text of ", quoted_text(tag),
            " is not UTF-8");
    append(detail::text_event(now(step), tag, markdown));
  }

  /// Lets a running TensorBoard see everything so far; the destructor does it as well, silently.
  void flush() { file_.flush(); }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return file_.path(); }

 private:
  /// One tag that isn't UTF-8 would make the rest of the file unreadable.
  static void check_tag(std::string_view function, std::string_view tag) {
    require(!tag.empty(), "TensorBoard::", function, ": the tag is empty");
    require(is_utf8(tag), "TensorBoard::", function, ": the tag ", quoted_text(tag),
            " is not UTF-8");
  }

  [[nodiscard]] static detail::EventTime now(std::int64_t step) {
    return {.seconds = detail::seconds_since_1970(), .step = step};
  }

  void add_histogram(std::string_view tag, const Histogram& counts, std::int64_t step) {
    check_tag("histogram", tag);
    append(detail::histogram_event(now(step), tag, counts));
    if (counts.non_finite_count == 0) return;
    const auto count_tag = std::string(tag) + "/non_finite";
    append(detail::scalar_event(now(step), count_tag, counts.non_finite_count));
  }

  void append(std::string_view event) { file_.append(std::as_bytes(std::span(event))); }

  RecordFile file_;
};

}  // namespace ebm::inline EBM_ABI::io
