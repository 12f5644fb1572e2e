// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <ebm/core/error.hpp>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// What an object has to remember to go on exactly where it was.
namespace ebm::inline EBM_ABI {

namespace detail {

template <class T>
concept StateNumber =
    std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, std::int64_t>;

}  // namespace detail

/// Named arrays of numbers; those of a part of an object begin with its name and a dot.
///
/// Copies and parts share the arrays, which nobody changes: a run's state can be as large as all
/// else that it has in memory.
class State {
 public:
  /// An array and what keeps it alive.
  struct Values {
    std::variant<std::span<const float>, std::span<const double>, std::span<const std::int64_t>>
        numbers;
    std::shared_ptr<const void> owner;

    bool operator==(const Values& other) const {
      return std::visit(
          []<class A, class B>(std::span<const A> a, std::span<const B> b) {
            if constexpr (std::same_as<A, B>) {
              return std::ranges::equal(a, b);
            } else {
              return false;
            }
          },
          numbers, other.numbers);
    }
  };

  /// Throws `InvalidArgument` if the name is taken.
  void put(std::string name, Values values) {
    const auto [place, is_new] = values_.try_emplace(std::move(name), std::move(values));
    require(is_new, "State: there are two entries '", place->first, "'");
  }
  template <detail::StateNumber T>
  void put(std::string name, std::vector<T> numbers) {
    auto owner = std::make_shared<const std::vector<T>>(std::move(numbers));
    const std::span<const T> view(*owner);
    put(std::move(name), Values{view, std::move(owner)});
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
    if (found == values_.end()) throw Error(sentence("State: there is no entry ", whole(name)));
    const auto* values = std::get_if<std::span<const T>>(&found->second.numbers);
    if (values == nullptr) {
      throw Error(sentence("State: entry ", whole(name), " holds another type of number"));
    }
    if (values->size() != size) {
      throw Error(sentence("State: entry ", whole(name), " holds ", values->size(),
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

  /// The same for a number in [least, most]; throws `Error` for another, and for NaN.
  template <class T>
    requires std::same_as<T, double> || std::same_as<T, std::int64_t>
  [[nodiscard]] T get(std::string_view name, T least, T most) const {
    const T value = get<T>(name);
    if (!(value >= least && value <= most)) {
      throw Error(sentence("State: entry ", whole(name), " is ", value, ", expected ", least,
                           " to ", most));
    }
    return value;
  }
  /// A count of things that may grow by one more: in [least, 2^31 - 2].
  [[nodiscard]] int count(std::string_view name, int least = 0) const {
    constexpr std::int64_t most = std::numeric_limits<int>::max() - 1;
    return static_cast<int>(get<std::int64_t>(name, least, most));
  }
  /// As `get`, and throws `Error` unless all numbers are finite, and at most `most` in size.
  template <class T>
  [[nodiscard]] std::span<const T> finite(std::string_view name, std::size_t size,
                                          T most = std::numeric_limits<T>::max()) const {
    const std::span<const T> values = get<T>(name, size);
    for (std::size_t i = 0; i < size; ++i) {
      if (std::abs(values[i]) <= most) continue;
      throw Error(sentence("State: number ", i, " of entry ", whole(name), " is ", values[i],
                           ", expected a finite one, ", most, " at most in size"));
    }
    return values;
  }

  /// The entries of the part `name`, without that name, which messages say; none if there is no
  /// such part.
  [[nodiscard]] State part(std::string_view name) const {
    const std::string prefix = std::string(name) + '.';
    State result;
    result.whole_ = whole_ + prefix;
    for (auto entry = values_.lower_bound(prefix);
         entry != values_.end() && entry->first.starts_with(prefix); ++entry) {
      result.put(entry->first.substr(prefix.size()), entry->second);
    }
    return result;
  }

  [[nodiscard]] const std::map<std::string, Values, std::less<>>& values() const noexcept {
    return values_;
  }

  bool operator==(const State& other) const { return values_ == other.values_; }

 private:
  /// An entry's name in messages, with those of the parts that it is in.
  [[nodiscard]] std::string whole(std::string_view name) const {
    return sentence('\'', whole_, name, '\'');
  }

  std::string whole_;  // of which this is a part: "trainer.buffer."
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
