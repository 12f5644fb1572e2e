// SPDX-License-Identifier: MIT
#include <array>
#include <cmath>
#include <cstdint>
#include <ebm/io/safetensors.hpp>
#include <limits>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include "io/write_raw.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace {

using ebm::Error;
using ebm::InvalidArgument;
using ebm::io::quoted;
using ebm::io::read_safetensors;
using ebm::io::SafeTensors;
using ebm::io::TensorShape;
using ebm::io::write_safetensors;

const std::vector<float> six{0, 1, -2, 0.5f, 1e-30f, -1e30f};

template <class T>
std::vector<T> copy(std::span<const T> values) {
  return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("tensors of every element type come back with shape and bits") {
  const TemporaryFolder folder;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  SafeTensors written;
  written.add("layer.weight", {2, 3}, six);
  written.add("double", {1, 2}, std::array{0.1, -1e300});
  written.add("int64", {2}, std::array<std::int64_t, 2>{-1, std::int64_t{1} << 62});
  written.add("uint8", {3}, std::array<std::uint8_t, 3>{0, 7, 255});
  written.add("int16", {1}, std::array<std::int16_t, 1>{-300});
  written.add("scalar", {}, std::array{nan});
  written.add("empty", {0, 4}, std::vector<float>{});
  write_safetensors(folder / "file", written);

  const auto read = read_safetensors(folder / "file");
  CHECK(read.tensors().size() == 7);
  CHECK(read.shape("layer.weight") == TensorShape{2, 3});
  CHECK(copy(read.get<float>("layer.weight")) == six);
  CHECK(copy(read.get<double>("double")) == std::vector{0.1, -1e300});
  CHECK(copy(read.get<std::int64_t>("int64")) ==
        std::vector{std::int64_t{-1}, std::int64_t{1} << 62});
  CHECK(copy(read.get<std::uint8_t>("uint8")) == std::vector<std::uint8_t>{0, 7, 255});
  CHECK(copy(read.get<std::int16_t>("int16")) == std::vector<std::int16_t>{-300});
  CHECK(read.shape("scalar").empty());
  CHECK(std::isnan(read.get<float>("scalar")[0]));
  CHECK(read.shape("empty") == TensorShape{0, 4});
  CHECK(read.get<float>("empty").empty());
  CHECK(read.metadata().empty());
}

TEST_CASE("texts about the file come back, quotes, newlines and umlauts included") {
  const TemporaryFolder folder;
  SafeTensors written;
  written.metadata()["a \"key\""] = "line\nline äöü \\";
  written.metadata()["zero"] = std::string("\0\x1f", 2);
  written.metadata()["a"] = written.metadata()[std::string("a\0", 2)] = "different keys";
  written.add(std::string("b\0c", 3), {1}, std::array{1.0f});
  write_safetensors(folder / "file", written);
  const auto read = read_safetensors(folder / "file");
  CHECK(read.metadata() == written.metadata());
  CHECK(read.contains(std::string_view("b\0c", 3)));
}

TEST_CASE("equal content gives equal bytes, in whatever order it was added") {
  const TemporaryFolder folder;
  SafeTensors one, other;
  one.add("a", {1}, std::array{1.0f});
  one.add("b", {1}, std::array{2.0f});
  other.add("b", {1}, std::array{2.0f});
  other.add("a", {1}, std::array{1.0f});
  write_safetensors(folder / "one", one);
  write_safetensors(folder / "other", other);
  CHECK(ebm::io::read_file(folder / "one") == ebm::io::read_file(folder / "other"));
}

TEST_CASE("the data begins at a multiple of 8 bytes and wide elements come first") {
  const TemporaryFolder folder;
  SafeTensors written;
  written.add("a", {3}, std::array<std::uint8_t, 3>{1, 2, 3});
  written.add("b", {1}, std::array{1.0f});
  written.add("c", {1}, std::array{1.0});
  write_safetensors(folder / "file", written);
  const auto bytes = ebm::io::read_file(folder / "file");
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  CHECK((bytes.size() - 15) % 8 == 0);
  CHECK(text.find(R"("data_offsets":[0,8])") > text.find(R"("c")"));
  CHECK(text.find(R"("data_offsets":[8,12])") > text.find(R"("b")"));
  CHECK(text.find(R"("data_offsets":[12,15])") > text.find(R"("a")"));
  CHECK(text.find("[12,15]") != std::string_view::npos);
}

TEST_CASE("a missing tensor is reported with the file and the names that it has") {
  const TemporaryFolder folder;
  SafeTensors written;
  written.add("a", {6}, six);
  written.add("b", {2, 3}, six);
  write_safetensors(folder / "file", written);
  const auto read = read_safetensors(folder / "file");
  CHECK(read.contains("a"));
  CHECK_FALSE(read.contains("c"));
  CHECK(message_of<Error>([&] { (void)read.get<float>("c"); }) ==
        quoted(folder / "file") + " has no tensor 'c'; it has 'a', 'b'");
  CHECK(message_of<Error>([&] { (void)SafeTensors().shape("c"); }) ==
        "memory has no tensor 'c'; it has none");
}

TEST_CASE("a tensor is given out only as the type that it is stored as") {
  SafeTensors tensors;
  tensors.add("a", {1}, std::array{1.0});
  tensors.insert("half", {ebm::io::DType::BF16, {2}, std::vector<std::byte>(4)});
  CHECK(message_of<Error>([&] { (void)tensors.get<float>("a"); }) ==
        "tensor 'a' of memory holds F64, expected F32");
  CHECK(message_of<Error>([&] { (void)tensors.get<float>("half"); }) ==
        "tensor 'half' of memory holds BF16, expected F32");
}

TEST_CASE("a tensor of another shape than the expected is reported with both") {
  SafeTensors tensors;
  tensors.add("a", {2, 3}, six);
  CHECK(tensors.get<float>("a", {2, 3}).size() == 6);
  CHECK(tensors.get<float>("a", {-1, 3}).size() == 6);
  CHECK(message_of<Error>([&] { (void)tensors.get<float>("a", {-1, 4}); }) ==
        "tensor 'a' of memory has shape [2, 3], expected [any, 4]");
  CHECK(message_of<Error>([&] { (void)tensors.get<float>("a", {6}); }) ==
        "tensor 'a' of memory has shape [2, 3], expected [6]");
}

TEST_CASE("tensors whose shape, name or encoding is nonsense can't be added") {
  const TemporaryFolder folder;
  SafeTensors tensors;
  tensors.add("a", {2, 3}, six);
  CHECK(message_of<InvalidArgument>([&] { tensors.add("b", {2, 2}, six); }) ==
        "SafeTensors: tensor 'b' of shape [2, 2] got 6 values");
  CHECK(message_of<InvalidArgument>([&] { tensors.add("b", {-2, -3}, six); }) ==
        "SafeTensors: tensor 'b' of shape [-2, -3] got 6 values");
  CHECK(message_of<InvalidArgument>([&] { tensors.add("a", {6}, six); }) ==
        "SafeTensors: there are two tensors 'a'");
  CHECK(message_of<InvalidArgument>([&] { tensors.add("__metadata__", {6}, six); }) ==
        "SafeTensors: no tensor can be called '__metadata__'");
  CHECK(tensors.tensors().size() == 1);

  tensors.add("\xff", {6}, six);
  CHECK(message_of<InvalidArgument>([&] { write_safetensors(folder / "file", tensors); }) ==
        "write_safetensors: a name or a metadata text is not UTF-8");
  CHECK_FALSE(std::filesystem::exists(folder / "file"));
}

TEST_CASE("tensors of other memory that no file can hold are not written") {
  const TemporaryFolder folder;
  using ebm::io::TensorView;
  const auto bytes = std::as_bytes(std::span(six));
  const auto refusal = [&](const std::vector<TensorView>& tensors) {
    return message_of<InvalidArgument>([&] { write_safetensors(folder / "file", tensors); });
  };
  const TensorView good{"a", ebm::io::DType::F32, {2, 3}, bytes};
  CHECK(refusal({good, good}) == "SafeTensors: there are two tensors 'a'");
  CHECK(refusal({{"__metadata__", good.dtype, good.shape, bytes}}) ==
        "SafeTensors: no tensor can be called '__metadata__'");
  CHECK(refusal({{"a", good.dtype, {2}, bytes}}) ==
        "SafeTensors: tensor 'a' of shape [2] got 6 values");
  CHECK(refusal({{"a", good.dtype, TensorShape(1001, 1), bytes}}) ==
        "SafeTensors: tensor 'a' has 1001 dimensions, expected at most 1000");
  CHECK(std::filesystem::is_empty(folder.path()));
  TensorShape many(1000, 1);
  many[0] = 6;
  write_safetensors(folder / "file", std::vector{TensorView{"a", good.dtype, many, bytes}});
  CHECK(read_safetensors(folder / "file").shape("a") == many);
}

TEST_CASE("names from a file are listed without control characters, and not all of thousands") {
  SafeTensors tensors;
  tensors.add("\x1b[2J", {6}, six);
  CHECK(message_of<Error>([&] { (void)tensors.get<float>("c"); }) ==
        "memory has no tensor 'c'; it has '?[2J'");
  for (int i = 0; i < 1000; ++i) tensors.add(std::to_string(i), {6}, six);
  const auto message = message_of<Error>([&] { (void)tensors.get<float>("c"); });
  CHECK(message.size() < 300);
  CHECK(message.ends_with(" and 981 more"));
}

TEST_CASE("a file cut off at any byte is refused") {
  const TemporaryFolder folder;
  SafeTensors written;
  written.metadata()["epoch"] = "3";
  written.add("a", {2, 3}, six);
  written.add("b", {3}, std::array<std::uint8_t, 3>{1, 2, 3});
  write_safetensors(folder / "whole", written);
  const auto whole = ebm::io::read_file(folder / "whole");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_raw_file(folder / "part", std::span(whole).first(size));
    CHECK_THROWS_AS(read_safetensors(folder / "part"), Error);
  }
}

TEST_CASE("a missing safetensors file is reported by its name") {
  CHECK(message_of<Error>([] { (void)read_safetensors("no/such.safetensors"); }) ==
        "cannot read 'no/such.safetensors': No such file or directory");
}

TEST_CASE("a flipped bit anywhere in a file is refused, or changes no tensor") {
  const TemporaryFolder folder;
  ebm::io::SafeTensors content;
  content.add("weight", {2, 3}, std::vector{1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f});
  content.add("steps", {2}, std::vector<std::int64_t>{7, 8});
  content.metadata() = {{"recipe", "tutorial"}};
  const auto path = folder / "model";
  ebm::io::write_safetensors(path, content);
  CHECK(ebm::io::read_safetensors(path).metadata() == content.metadata());
  auto bytes = ebm::io::read_file(path);
  int refused = 0;
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    const auto flip = [&] { bytes[bit / 8] ^= std::byte{1} << (bit % 8); };
    flip();
    ebm::io::write_file_atomically(path, std::span<const std::byte>(bytes));
    try {
      const auto read = ebm::io::read_safetensors(path);
      const auto same = [](const auto& a, const auto& b) {
        return a.first == b.first && a.second.dtype == b.second.dtype &&
               a.second.shape == b.second.shape && a.second.bytes == b.second.bytes;
      };
      CAPTURE(bit);
      CHECK(std::ranges::equal(read.tensors(), content.tensors(), same));
    } catch (const ebm::Error&) {
      ++refused;
    }
    flip();
  }
  CHECK(refused > static_cast<int>(8 * bytes.size()) * 9 / 10);
}

TEST_CASE("a file that another program changed says what to do about its checksum") {
  const TemporaryFolder folder;
  const std::string header =
      R"({"__metadata__":{"ebm_crc32c":"00000000"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  std::string text(8, '\0');
  text[0] = static_cast<char>(header.size());
  ebm::io::write_file_atomically(folder / "file", text + header + "x");
  CHECK(message_of<ebm::Error>([&] { (void)ebm::io::read_safetensors(folder / "file"); }) ==
        quoted(folder / "file") +
            " does not have the checksum that its metadata say: it is damaged, or another program "
            "has changed it and kept the entry 'ebm_crc32c'");
}
