// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace hanse {

// The fault alone decides what happens next (retry, bounce, close); the text only informs.
enum class Fault : std::uint8_t {
  try_later,   // temporary: the same thing may work later
  never,       // permanent: it will not work unless something is changed
  refused,     // policy or trust says no
  overloaded,  // a bound is full; temporary
  broken,      // a bug, a failed disk, or an impossible answer
};

constexpr std::string_view fault_name(Fault fault) {
  switch (fault) {
    case Fault::try_later: return "try_later";
    case Fault::never: return "never";
    case Fault::refused: return "refused";
    case Fault::overloaded: return "overloaded";
    case Fault::broken: return "broken";
  }
  return "broken";
}

struct Error {
  Fault fault = Fault::broken;
  std::string what;  // plain text for people; never parsed
};

// A value or an Error, with the verbs of std::expected (which C++20 does not have).
// Expected failures travel in this; exceptions are for start-up and bugs only.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return held_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { assert(has_value()); return std::get<0>(held_); }
  const T& value() const& { assert(has_value()); return std::get<0>(held_); }
  T&& value() && { assert(has_value()); return std::get<0>(std::move(held_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { assert(!has_value()); return std::get<1>(held_); }
  Error&& error() && { assert(!has_value()); return std::get<1>(std::move(held_)); }

  T value_or(T fallback) const& { return has_value() ? std::get<0>(held_) : std::move(fallback); }

  template <class F>
  auto and_then(F&& next) && -> decltype(next(std::declval<T>())) {
    if (has_value()) return std::forward<F>(next)(std::get<0>(std::move(held_)));
    return std::get<1>(std::move(held_));
  }
  template <class F>
  auto transform(F&& change) && -> Result<decltype(change(std::declval<T>()))> {
    if (has_value()) return std::forward<F>(change)(std::get<0>(std::move(held_)));
    return std::get<1>(std::move(held_));
  }

 private:
  std::variant<T, Error> held_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return held_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  const Error& error() const { assert(!has_value()); return std::get<1>(held_); }

 private:
  std::variant<std::monostate, Error> held_;
};

}  // namespace hanse
