// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace modgate {

/// How a request ends. The value is the exit status of the command (the contract's table), the name
/// of the enumerator is the word that stands in records and in `--json`.
enum class Outcome : std::uint8_t {
  done = 0,
  failed = 1,
  usage = 2,
  denied = 3,
  unauthenticated = 4,
  rejected = 5,
  unavailable = 6,
};

/// The word for `outcome`: "done", "failed", "usage", "denied", "unauthenticated", "rejected" or
/// "unavailable".
constexpr const char* word(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::done:
      return "done";
    case Outcome::failed:
      return "failed";
    case Outcome::usage:
      return "usage";
    case Outcome::denied:
      return "denied";
    case Outcome::unauthenticated:
      return "unauthenticated";
    case Outcome::rejected:
      return "rejected";
    case Outcome::unavailable:
      break;
  }
  return "unavailable";
}

/// An expected "no" or a failed call. `outcome` is never `done`. `message` is one sentence for a
/// person, without a final period; `code` is the errno behind it, 0 where there is none; `rule` is
/// "file:line" of the rule that refused, empty where no rule did.
struct Error {
  Outcome outcome = Outcome::unavailable;
  std::string message;
  int code = 0;
  std::string rule = {};
};

/// A value, or the error that stands in its place. Reading the wrong side throws
/// std::bad_variant_access, which every edge turns into a refusal.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const noexcept { return state_.index() == 0; }
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

struct Done {};
using Status = Result<Done>;

}  // namespace modgate
