// SPDX-License-Identifier: MIT
#include <cmath>
#include <ebm/io/apng.hpp>
#include <ebm/io/png.hpp>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace {

using ebm::InvalidArgument;
using ebm::io::AnimationOptions;
using ebm::io::encode_apng;
using ebm::io::Picture;
using ebm::io::read_png_gray;
using ebm::io::write_apng;

const std::vector<Picture> two_frames{{2, 3, 1, {0, 50, 100, 150, 200, 255}},
                                      {2, 3, 1, {9, 8, 7, 6, 5, 4}}};

std::string refusal(const std::vector<Picture>& frames, const AnimationOptions& options = {}) {
  return message_of<InvalidArgument>([&] { (void)encode_apng(frames, options); });
}

}  // namespace

TEST_CASE("a reader without animations sees the first frame") {
  const TemporaryFolder folder;
  write_apng(folder / "animation.png", two_frames);
  const auto image = read_png_gray(folder / "animation.png");
  CHECK(image.rows == 2);
  CHECK(image.columns == 3);
  CHECK(image.pixels == two_frames[0].pixels);
}

TEST_CASE("frames that make no animation are refused") {
  CHECK(refusal({}) == "encode_apng: got 0 frames, expected 1 to 2^30");
  CHECK(refusal({two_frames[0], {3, 2, 1, two_frames[1].pixels}}) ==
        "encode_apng: frame 1 is 3x2x1, expected the size of the first, 2x3x1");
  CHECK(refusal({{1, 1, 1, {0}}, {1, 1, 3, {0, 0, 0}}}) ==
        "encode_apng: frame 1 is 1x1x3, expected the size of the first, 1x1x1");
  CHECK(refusal({two_frames[0], {2, 3, 1, {0}}}) == "encode_apng: got 1 bytes, expected 6");
}

TEST_CASE("delays and loops that the file can't hold are refused") {
  for (const double seconds : {0.0, 0.0009, 65.536, -1.0, 1.0 / 0.0, std::nan("")}) {
    CHECK(refusal(two_frames, {.seconds_per_frame = seconds}) ==
          ebm::sentence("encode_apng: got ", seconds,
                        " seconds per frame, expected 0.001 to 65.535"));
  }
  CHECK_NOTHROW(encode_apng(two_frames, {.seconds_per_frame = 0.001}));
  CHECK_NOTHROW(encode_apng(two_frames, {.seconds_per_frame = 65.535}));
  CHECK(refusal(two_frames, {.loops = -1}) == "encode_apng: got -1 loops, expected at least 0");
}

TEST_CASE("an animation that can't be made leaves no file") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(write_apng(folder / "animation.png", {}), InvalidArgument);
  CHECK_FALSE(std::filesystem::exists(folder / "animation.png"));
}
