// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstdint>
#include <ebm/io/io.hpp>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

/// Our half of the exchange of files with Python's libraries: `write FOLDER` or `check FOLDER`.
///
/// The other half is read_with_python.py; both know the same values.
namespace {

using ebm::io::SafeTensors;

const std::vector<float> weight{0.0f, 1.5f, -2.25f, 3e-38f, 1e30f, -0.0f};
const std::array<std::int64_t, 2> steps{-1, std::int64_t{1} << 40};
const std::array<std::uint8_t, 3> bytes{0, 128, 255};
const std::array<double, 1> scalar{0.1};

void write_files(const std::filesystem::path& folder) {
  SafeTensors tensors;
  tensors.metadata()["origin"] = "ebm, größer \"als\" ASCII";
  tensors.add("conv1.weight", {2, 1, 3}, weight);
  tensors.add("steps", {2}, steps);
  tensors.add("bytes", {3}, bytes);
  tensors.add("scalar", {}, scalar);
  tensors.add("empty", {0, 2}, std::vector<float>{});
  ebm::io::write_safetensors(folder / "from_ebm.safetensors", tensors);

  ebm::Samples<float> images(3, 3 * 2 * 2);
  for (Eigen::Index i = 0; i < images.size(); ++i) {
    images.data()[i] = ebm::io::to_sample(static_cast<std::uint8_t>(7 * i));
  }
  ebm::io::write_image_grid(folder / "rgb.png", images, {3, 2, 2}, {.columns = 2, .padding = 1});
  ebm::io::write_image_grid(folder / "gray.png", images, {1, 3, 4}, {.columns = 2, .scale = 2});

  for (const int channels : {1, 3}) {
    std::vector<ebm::io::Picture> frames(3, {4, 5, channels, {}});
    for (int frame = 0; frame < 3; ++frame) {
      for (int i = 0; i < 4 * 5 * channels; ++i) {
        frames[static_cast<std::size_t>(frame)].pixels.push_back(
            static_cast<std::uint8_t>(50 * frame + i));
      }
    }
    ebm::io::write_apng(folder / (channels == 1 ? "gray_animation.png" : "rgb_animation.png"),
                        frames, {.seconds_per_frame = 0.125 * channels, .loops = channels - 1});
  }
}

void check_that(bool holds, std::string_view claim) {
  if (!holds) throw ebm::Error(ebm::sentence("not so: ", claim));
}

void check_files(const std::filesystem::path& folder) {
  const auto read = ebm::io::read_safetensors(folder / "from_python.safetensors");
  check_that(read.tensors().size() == 5, "there are five tensors");
  check_that(read.metadata() == std::map<std::string, std::string>{{"origin", "Python, größer"}},
             "the metadata is Python's");
  check_that(std::ranges::equal(read.get<float>("conv1.weight", {2, 1, 3}), weight), "the weight");
  check_that(std::ranges::equal(read.get<std::int64_t>("steps", {2}), steps), "the steps");
  check_that(std::ranges::equal(read.get<std::uint8_t>("bytes", {3}), bytes), "the bytes");
  check_that(std::ranges::equal(read.get<double>("scalar", {}), scalar), "the scalar");
  check_that(read.at("half").dtype == ebm::io::DType::F16, "the half-precision tensor is listed");

  const auto palette = ebm::io::read_png_gray(folder / "palette.png");
  check_that(palette.rows == 2 && palette.columns == 3, "the palette picture is 2x3");
  check_that(palette.pixels == std::vector<std::uint8_t>({0, 40, 80, 120, 160, 200}),
             "the palette picture's pixels");
  const auto deep = ebm::io::read_png_gray(folder / "sixteen_bits.png");
  check_that(deep.pixels == std::vector<std::uint8_t>({0, 1, 128, 255}), "the 16-bit pixels");
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  try {
    ebm::require(arguments.size() == 2 && (arguments[0] == "write" || arguments[0] == "check"),
                 "usage: safetensors_interchange write|check FOLDER");
    (arguments[0] == "write" ? write_files : check_files)(arguments[1]);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
