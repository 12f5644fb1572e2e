// SPDX-License-Identifier: MIT
#include <ebm/io/utf8.hpp>
#include <string_view>

#include "support/catch.hpp"

using ebm::io::is_utf8;
using namespace std::string_view_literals;

TEST_CASE("texts of codes of every length are UTF-8") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("loss/train\n\0"sv));
  CHECK(is_utf8("\x7f \u0080 \u07ff \u0800 \uffff"));
  CHECK(is_utf8("\U00010000 \U0010ffff"));
}

TEST_CASE("bytes out of place, codes too long, surrogates and codes too high are not UTF-8") {
  for (const auto text :
       {"\x80", "a\xbf", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xc3(", "\xe2(\xa1", "\xe2\x82(",
        "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf",  // longer than they must be
        "\xed\xa0\x80", "\xed\xbf\xbf",                              // surrogates
        "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xfe", "\xff"}) {
    INFO(text);
    CHECK_FALSE(is_utf8(text));
  }
}
