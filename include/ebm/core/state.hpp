// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// What an object has to remember to go on exactly where it was.
namespace ebm::inline EBM_ABI {

/// Named arrays of numbers; those of a part of an object begin with its name and a dot.
class State {
 public:
  using Values = std::variant<std::vector<float>, std::vector<double>, std::vector<std::int64_t>>;

  /// Throws `InvalidArgument` if the name is taken.
  void put(std::string name, Values values) {
    const auto [place, is_new] = values_.try_emplace(std::move(name), std::move(values));
    require(is_new, "State: there are two entries '", place->first, "'");
  }
  void put(std::string name, double value) { put(std::move(name), std::vector{value}); }
  void put(std::string name, std::int64_t value) { put(std::move(name), std::vector{value}); }

  /// Adds all entries of a part as `name.entry`.
  void put(std::string_view name, State part) {
    for (auto& [entry, values] : part.values_) {
      put(std::string(name).append(".").append(entry), std::move(values));
    }
  }

  /// The array of that name.
  ///
  /// Throws `Error` unless it is there, of type `T`, and holds `size` numbers.
  template <class T>
  [[nodiscard]] std::span<const T> get(std::string_view name, std::size_t size) const {
    const auto found = values_.find(name);
    if (found == values_.end()) throw Error(sentence("State: there is no entry '", name, "'"));
    const auto* values = std::get_if<std::vector<T>>(&found->second);
    if (values == nullptr) {
      throw Error(sentence("State: entry '", name, "' holds another type of number"));
    }
    if (values->size() != size) {
      throw Error(sentence("State: entry '", name, "' holds ", values->size(),
                           " numbers, expected ", size));
    }
    return *values;
  }

  /// The one number of that name; throws as above.
  template <class T>
    requires std::same_as<T, double> || std::same_as<T, std::int64_t>
  [[nodiscard]] T get(std::string_view name) const {
    return get<T>(name, 1)[0];
  }

  /// The entries of the part `name`, without that name; none if there is no such part.
  [[nodiscard]] State part(std::string_view name) const {
    const std::string prefix = std::string(name) + '.';
    State result;
    for (auto entry = values_.lower_bound(prefix);
         entry != values_.end() && entry->first.starts_with(prefix); ++entry) {
      result.put(entry->first.substr(prefix.size()), entry->second);
    }
    return result;
  }

  [[nodiscard]] const std::map<std::string, Values, std::less<>>& values() const noexcept {
    return values_;
  }

  bool operator==(const State&) const = default;

 private:
  std::map<std::string, Values, std::less<>> values_;
};

/// Satisfied by types that can be put back to where they were: after `b.restore(a.state())`, b does
/// what a would have done, to the last bit.
///
/// `restore` throws `Error` for the state of something else, and then leaves the object as it was.
template <class S>
concept Stateful = requires(S& object, const S& constant, const State& state) {
  { constant.state() } -> std::same_as<State>;
  object.restore(state);
};

}  // namespace ebm::inline EBM_ABI
