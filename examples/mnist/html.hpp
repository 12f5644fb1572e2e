// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <ebm/io/utf8.hpp>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

/// HTML and SVG: text from anywhere can't become markup, and each tag that opens is closed.
namespace ebm_mnist {

/// Text as it may stand between tags and in quoted attributes.
///
/// What XML can't hold is replaced: control characters and, in a text that is not UTF-8, all bytes
/// beyond ASCII.
[[nodiscard]] inline std::string escaped(std::string_view text) {
  constexpr const char* replacement = "\xef\xbf\xbd";  // U+FFFD
  const bool is_readable = ebm::io::is_utf8(text);
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_control = (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        if (is_control || (byte >= 0x80 && !is_readable)) {
          result += replacement;
        } else {
          result += c;
        }
    }
  }
  return result;
}

/// A piece of a page. Text turns into it by being escaped.
class Html {
 public:
  Html() = default;
  Html(std::string_view text) : markup_(escaped(text)) {}    // NOLINT: text is the common case
  Html(const std::string& text) : markup_(escaped(text)) {}  // NOLINT
  Html(const char* text) : markup_(escaped(text)) {}         // NOLINT

  /// Markup as it is: for what this program wrote itself.
  [[nodiscard]] static Html markup(std::string text) {
    Html html;
    html.markup_ = std::move(text);
    return html;
  }

  Html& operator+=(const Html& other) {
    markup_ += other.markup_;
    return *this;
  }
  [[nodiscard]] bool empty() const noexcept { return markup_.empty(); }
  [[nodiscard]] const std::string& str() const noexcept { return markup_; }

 private:
  std::string markup_;
};

struct Attribute {
  const char* name;
  std::string value;
};
using Attributes = std::initializer_list<Attribute>;

namespace detail {

/// <name attribute="value" and no end
[[nodiscard]] inline std::string opened(const char* name, Attributes attributes) {
  std::string text = std::string("<") + name;
  for (const auto& [key, value] : attributes) {
    text += std::string(" ") + key + "=\"" + escaped(value) + '"';
  }
  return text;
}

}  // namespace detail

/// <name attribute="value"/>, for elements that have no content: HTML that is XML as well.
[[nodiscard]] inline Html tag(const char* name, Attributes attributes) {
  return Html::markup(detail::opened(name, attributes) + "/>");
}

/// <name attribute="value">content</name>
[[nodiscard]] inline Html element(const char* name, Attributes attributes,
                                  std::initializer_list<Html> content) {
  Html html = Html::markup(detail::opened(name, attributes) + '>');
  for (const Html& part : content) html += part;
  html += Html::markup(std::string("</") + name + ">");
  return html;
}
[[nodiscard]] inline Html element(const char* name, std::initializer_list<Html> content) {
  return element(name, {}, content);
}

/// Bytes as a `data:` address, so that the page needs no other file.
///
/// Source: RFC 2397, and RFC 4648 for base64.
[[nodiscard]] inline std::string data_uri(const char* type, std::span<const std::byte> bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text = std::string("data:") + type + ";base64,";
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto group = bytes.subspan(i, std::min<std::size_t>(3, bytes.size() - i));
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = bits << 8 | (k < group.size() ? std::to_integer<std::uint32_t>(group[k]) : 0);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += k <= group.size() ? digits[bits >> (18 - 6 * k) & 63] : '=';
    }
  }
  return text;
}

}  // namespace ebm_mnist
