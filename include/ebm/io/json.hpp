// SPDX-License-Identifier: MIT
#pragma once

#include <jansson.h>

#include <algorithm>
#include <cstddef>
#include <ebm/core/error.hpp>
#include <ebm/io/quoted.hpp>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The little of JSON that headers of files need, by jansson: a C library, quick to include.
namespace ebm::inline EBM_ABI::io::detail {

/// A value of a document, owned; the values inside of one belong to it.
struct FreeJson {
  void operator()(json_t* value) const noexcept { json_decref(value); }
};
using Json = std::unique_ptr<json_t, FreeJson>;

/// A document that is read value by value, so that memory holds one of them at a time: all of it
/// as jansson's values would take some twenty times its size.
class JsonReader {
 public:
  /// What is wrong with the document, and where.
  struct Fault {
    std::size_t at;  ///< byte
    std::string what;
  };

  explicit JsonReader(std::string_view text) : text_(text) {}

  /// Goes past white space and `wanted`, if that comes next, and says whether it does.
  [[nodiscard]] bool take(char wanted) {
    const bool is_next = peek() == wanted;
    if (is_next) ++at_;
    return is_next;
  }

  /// The character that comes next, after white space; '\0' at the end.
  [[nodiscard]] char peek() {
    at_ = std::min(text_.find_first_not_of(" \t\n\r", at_), text_.size());
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  /// Throws a `Fault` unless `wanted` comes next.
  void require(char wanted) {
    if (take(wanted)) return;
    throw Fault{at_, sentence("expected '", wanted, "'")};
  }

  /// Throws a `Fault` unless the document ends here.
  void require_end() {
    if (peek() != '\0' || at_ < text_.size()) throw Fault{at_, "expected the end"};
  }

  /// The next value, which is a text, or has at most 64 KiB; throws a `Fault` where there
  /// is none. In it, two equal keys are one fault, and values nested more than 2048 times another.
  [[nodiscard]] Json value(std::size_t flags = 0) {
    constexpr std::size_t longest = 1 << 16;
    const bool is_text = peek() == '"';
    const std::string_view rest = text_.substr(at_, is_text ? text_.npos : longest);
    json_error_t error;
    Json value(json_loadb(rest.data(), rest.size(),
                          flags | JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES,
                          &error));
    if (!value && json_error_code(&error) == json_error_premature_end_of_input &&
        rest.size() == longest) {
      throw Fault{at_, sentence("a value of more than ", longest, " bytes")};
    }
    if (!value)
      throw Fault{at_ + static_cast<std::size_t>(error.position), quoted_text(error.text)};
    at_ += static_cast<std::size_t>(error.position);
    return value;
  }

  /// Calls f(key) for each member of the object that comes next, which reads the member's value.
  ///
  /// Throws a `Fault` where there is none, and where two keys are equal.
  template <class F>
  void object(F f) {
    require('{');
    std::set<std::string, std::less<>> keys;
    if (take('}')) return;
    do {
      const std::size_t begin = at_;
      if (peek() != '"') throw Fault{at_, "expected a key in quotes"};
      const Json key = value(JSON_ALLOW_NUL);
      const auto [name, is_new] =
          keys.emplace(json_string_value(key.get()), json_string_length(key.get()));
      if (!is_new) throw Fault{begin, sentence("a second key ", quoted_text(*name))};
      require(':');
      f(*name);
    } while (take(','));
    require('}');
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

/// A text as JSON, in quotes.
[[nodiscard]] inline std::string json_text(std::string_view text) {
  const Json value(json_stringn(text.data(), text.size()));
  if (!value) {
    throw InvalidArgument("write_safetensors: a name or a metadata text is not UTF-8");
  }
  std::string json(json_dumpb(value.get(), nullptr, 0, JSON_ENCODE_ANY), '\0');
  json_dumpb(value.get(), json.data(), json.size(), JSON_ENCODE_ANY);
  return json;
}

/// Members as a JSON object: their keys, and their values as JSON.
[[nodiscard]] inline std::string json_object_of(
    const std::vector<std::pair<std::string, std::string>>& members) {
  std::string object;
  for (const auto& [key, value] : members) {
    object += sentence(object.empty() ? "{" : ",", json_text(key), ':', value);
  }
  return object.empty() ? "{}" : object + '}';
}

}  // namespace ebm::inline EBM_ABI::io::detail
