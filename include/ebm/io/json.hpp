// SPDX-License-Identifier: MIT
#pragma once

#include <jansson.h>

#include <cstddef>
#include <ebm/core/error.hpp>
#include <memory>
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

/// Calls f(key, value) for each member of an object.
template <class F>
void for_each_member(json_t* object, F f) {
  for (void* at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
    f(std::string(json_object_iter_key(at)), json_object_iter_value(at));
  }
}

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
    // jansson does not read such a key.
    require(key.find('\0') == key.npos, "write_safetensors: a name holds a zero byte");
    object += sentence(object.empty() ? "{" : ",", json_text(key), ':', value);
  }
  return object.empty() ? "{}" : object + '}';
}

}  // namespace ebm::inline EBM_ABI::io::detail
