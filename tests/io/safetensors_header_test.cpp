// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdint>
#include <ebm/io/safetensors.hpp>
#include <string>

#include "io/write_raw.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace {

using ebm::io::quoted;

std::string length_prefix(std::uint64_t length) {
  return {reinterpret_cast<const char*>(&length), sizeof length};
}

/// What is said about the file of these bytes, without the function and the file's name.
std::string complaint_about_bytes(const std::string& bytes) {
  const TemporaryFolder folder;
  const auto path = folder / "file";
  write_raw_file(path, std::as_bytes(std::span(bytes)));
  const auto message = message_of<ebm::Error>([&] { (void)ebm::io::read_safetensors(path); });
  const auto start = quoted(path) + " ";
  return message.starts_with(start) ? message.substr(start.size()) : message;
}

/// The same about a file of this header and so many bytes of data.
std::string complaint(const std::string& header, std::size_t data_size = 0) {
  return complaint_about_bytes(length_prefix(header.size()) + header +
                               std::string(data_size, '\0'));
}

/// A header of one tensor 'a' with these members.
std::string tensor(const std::string& members) {
  return R"({"a":{)" + members + "}}";
}

}  // namespace

TEST_CASE("the smallest valid file, headers padded with spaces and foreign members are read") {
  CHECK(complaint("{}") == "(nothing was thrown)");
  CHECK(complaint("{}      ") == "(nothing was thrown)");
  CHECK(complaint(tensor(R"("dtype":"F32","shape":[],"data_offsets":[0,4],"unit":"m")"), 4) ==
        "(nothing was thrown)");
}

TEST_CASE("a file without room for the header's length is refused with its size") {
  CHECK(complaint_about_bytes("") == "has 0 bytes, too few for the 8 bytes of the header's length");
  CHECK(complaint_about_bytes("1234567") ==
        "has 7 bytes, too few for the 8 bytes of the header's length");
}

TEST_CASE("a header longer than the file is refused with both sizes") {
  CHECK(complaint_about_bytes(length_prefix(100) + "{}") ==
        "claims a header of 100 bytes, but ends after 2");
}

TEST_CASE("a header of more than 100 MB is refused without looking at it") {
  CHECK(complaint_about_bytes(length_prefix(100'000'001) + "{}") ==
        "claims a header of 100000001 bytes: it is no safetensors file");
  CHECK(complaint_about_bytes(std::string(8, '\xff')) ==
        "claims a header of 18446744073709551615 bytes: it is no safetensors file");
}

TEST_CASE("a header that is no JSON object is refused") {
  CHECK(complaint("") == "has a header that does not begin with '{'");
  CHECK(complaint("[]") == "has a header that does not begin with '{'");
  CHECK(complaint(" {}") == "has a header that does not begin with '{'");
  CHECK(complaint("{\"a\":").starts_with("has a header that can't be read, at byte 5 of 5: '"));
  CHECK(complaint("{} {}") == "has a header that can't be read, at byte 3 of 5: expected the end");
  CHECK(complaint("{,}") ==
        "has a header that can't be read, at byte 1 of 3: expected a key in quotes");
  CHECK(complaint("{\"a\" 1}") == "has a header that can't be read, at byte 5 of 7: expected ':'");
  CHECK(complaint("{\"__metadata__\":{} ;}") ==
        "has a header that can't be read, at byte 19 of 21: expected '}'");
  CHECK(complaint("{\"\xff\":1}").starts_with("has a header that can't be read, at byte 2 of 7"));
}

TEST_CASE("a number that is out of range is shown with its place") {
  for (const char* size : {"9223372036854775808", "1e999"}) {
    const std::string header =
        tensor(ebm::sentence(R"("dtype":"F32","data_offsets":[0,4],"shape":[)", size, "]"));
    const auto message = complaint(header, 4);
    CAPTURE(message);
    CHECK(message.starts_with("has a header that can't be read, at byte "));
    CHECK(message.find(size) != message.npos);
  }
}

TEST_CASE("a header nested a million deep is refused, not a stack overflow") {
  std::string header = R"({"a":)";
  header.append(1'000'000, '[');
  CHECK(complaint(header).starts_with("has a header that can't be read"));
}

TEST_CASE("a key that stands twice in one object is refused") {
  const std::string a = R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
  for (const std::string& header :
       {"{" + a + "," + a + "}",
        tensor(R"("dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1])"),
        std::string(R"({"__metadata__":{"k":"1","k":"2"}})")}) {
    const auto message = complaint(header, 1);
    CAPTURE(message);
    CHECK(message.starts_with("has a header that can't be read, at byte "));
    const bool is_named = message.find("a second key") != message.npos ||
                          message.find("duplicate object key") != message.npos;
    CHECK(is_named);
  }
}

TEST_CASE("no metadata are also null") {
  CHECK(complaint(R"({"__metadata__":null})") == "(nothing was thrown)");
  CHECK(complaint(R"({"__metadata__":nul})").starts_with("has a header that can't be read"));
}

TEST_CASE("metadata other than texts is refused") {
  CHECK(complaint(R"({"__metadata__":[]})") == "has a __metadata__ that is no object");
  CHECK(complaint(R"({"__metadata__":{"k":1}})") == "has __metadata__ 'k' that is no string");
}

TEST_CASE("a tensor that lacks a member or is no object is refused") {
  CHECK(complaint(R"({"a":1})") == "has tensor 'a' that is no object");
  CHECK(complaint(tensor(R"("shape":[1],"data_offsets":[0,1])"), 1) ==
        "has tensor 'a' without dtype");
  CHECK(complaint(tensor(R"("dtype":"U8","data_offsets":[0,1])"), 1) ==
        "has tensor 'a' without shape");
  CHECK(complaint(tensor(R"("dtype":"U8","shape":[1])"), 1) ==
        "has tensor 'a' without data_offsets");
}

TEST_CASE("an unknown dtype is refused with its name") {
  CHECK(complaint(tensor(R"("dtype":"F31","shape":[1],"data_offsets":[0,1])"), 1) ==
        "has tensor 'a' of unknown dtype 'F31'");
  CHECK(complaint(tensor(R"("dtype":32,"shape":[1],"data_offsets":[0,1])"), 1) ==
        "has tensor 'a' whose dtype is no string");
}

TEST_CASE("a shape of anything but sizes is refused") {
  for (const char* shape : {"1", "[-1]", "[1.0]", "[\"1\"]", "null"}) {
    CHECK(complaint(tensor(ebm::sentence(R"("dtype":"U8","data_offsets":[0,1],"shape":)", shape)),
                    1) == "has tensor 'a' whose shape is no list of integers in [0, 2^63)");
  }
}

TEST_CASE("a shape whose size overflows is refused") {
  CHECK(
      complaint(tensor(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])")) ==
      "has tensor 'a' whose shape overflows");
}

TEST_CASE("offsets that are no range are refused") {
  for (const char* offsets : {"[4,0]", "[0]", "[0,4,8]", "[]"}) {
    CHECK(complaint(tensor(ebm::sentence(R"("dtype":"F32","shape":[1],"data_offsets":)", offsets)),
                    4) ==
          "has tensor 'a' whose data_offsets are no [begin, end] with begin <= end");
  }
  CHECK(complaint(tensor(R"("dtype":"F32","shape":[1],"data_offsets":[-4,0])"), 4) ==
        "has tensor 'a' whose data_offsets is no list of integers in [0, 2^63)");
}

TEST_CASE("offsets that disagree with dtype and shape are refused with both sizes") {
  CHECK(complaint(tensor(R"("dtype":"F32","shape":[2,3],"data_offsets":[0,20])"), 20) ==
        "gives tensor 'a' 20 bytes by its data_offsets, but 24 by its dtype and shape");
}

TEST_CASE("a truncated file is refused with the tensor that ends outside of it and both sizes") {
  CHECK(complaint(tensor(R"("dtype":"F32","shape":[6],"data_offsets":[0,24])"), 23) ==
        "has tensor 'a' up to byte 24 of the data, which has 23");
}

TEST_CASE("data after the last tensor is refused with both sizes") {
  CHECK(complaint(tensor(R"("dtype":"F32","shape":[6],"data_offsets":[0,24])"), 25) ==
        "has 25 bytes of data, but its tensors end after 24");
  CHECK(complaint("{}", 1) == "has 1 bytes of data, but its tensors end after 0");
}

TEST_CASE("tensors that overlap or leave a hole are refused with the byte where they do") {
  const auto two = [](const char* begin, const char* end) {
    return ebm::sentence(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)",
                         R"("b":{"dtype":"U8","shape":[4],"data_offsets":[)", begin, ",", end,
                         "]}}");
  };
  CHECK(complaint(two("4", "8"), 8) == "(nothing was thrown)");
  CHECK(complaint(two("3", "7"), 8) ==
        "has tensor 'b' at byte 3 of the data, inside the tensor before it: expected byte 4");
  CHECK(complaint(two("0", "4"), 8) ==
        "has tensor 'b' at byte 0 of the data, inside the tensor before it: expected byte 4");
  CHECK(complaint(two("5", "9"), 9) ==
        "has tensor 'b' at byte 5 of the data, after a hole: expected byte 4");
}

TEST_CASE(
    "what a header holds in a tensor's place is shown briefly, and without control characters") {
  const auto of_dtype = [](const std::string& dtype) {
    return complaint(tensor(R"("dtype":")" + dtype + R"(","shape":[1],"data_offsets":[0,4])"), 4);
  };
  CHECK(of_dtype(std::string(60'000, 'F')) ==
        "has tensor 'a' of unknown dtype '" + std::string(300, 'F') + "...'");
  CHECK(of_dtype(std::string(5'000'000, 'F')) ==
        "has a header that can't be read, at byte 5 of 5000051: a value of more than 65536 bytes");
  CHECK(complaint(R"({"\u001b[31m":1})") == "has tensor '?[31m' that is no object");
  CHECK(complaint("{\"a\x1b[31m\":1}").find('\x1b') == std::string::npos);
}

TEST_CASE("a header of very many tensors is read in time in proportion to them") {
  std::string header;
  for (int i = 0; i < 64'000; ++i) {
    header += ebm::sentence(header.empty() ? "{" : ",", "\"", i,
                            R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})");
  }
  const auto start = std::chrono::steady_clock::now();
  CHECK(complaint(header + "}") == "(nothing was thrown)");
  // A fifth of a second; in proportion to the square it would be minutes.
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}
