// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace modgate {

enum class Action : std::uint8_t { load, unload };

constexpr const char* word(Action action) noexcept {
  return action == Action::load ? "load" : "unload";
}

/// One `PARAM=VALUE`. The name is of A-Z a-z 0-9 _ -; the value is any bytes but NUL.
struct Parameter {
  std::string name;
  std::string value;

  friend bool operator==(const Parameter&, const Parameter&) = default;
};

enum class Verb : std::uint8_t {
  load,
  unload,
  reload,
  plan_load,
  plan_unload,
  list,
  status,
  log,
  sign_off,
  policy_test_load,
  policy_test_unload
};

/// What a request is about to do, or would do.
constexpr Action action_of(Verb verb) noexcept {
  const bool unloads =
      verb == Verb::unload || verb == Verb::plan_unload || verb == Verb::policy_test_unload;
  return unloads ? Action::unload : Action::load;
}

constexpr bool is_policy_test(Verb verb) noexcept {
  return verb == Verb::policy_test_load || verb == Verb::policy_test_unload;
}

/// What `modgate log` asks for. Empty strings and zeros mean: any.
struct LogQuery {
  std::string user;
  std::string role;
  std::string module;
  std::string action;
  std::string outcome;
  std::string host;
  std::int64_t since_ms = 0;  ///< epoch milliseconds, inclusive
  std::int64_t until_ms = 0;  ///< epoch milliseconds, exclusive
  std::uint64_t last = 0;     ///< only the last N that match
  bool follow = false;
};

/// What a caller asks, decoded and within the limits of the contract's section 8. It never says who
/// asks: that is the kernel's to say.
struct Request {
  Verb verb = Verb::status;
  std::vector<std::string> modules;  ///< names or aliases; one for load, one or more for unload
  bool handed_over = false;          ///< the module is an open file that travels with the request
  std::string file_label;            ///< how the caller called that file; decoration, never opened
  std::vector<Parameter> parameters;
  std::optional<std::string> reason;  ///< UTF-8, at most 1024 bytes
  bool interactive = true;            ///< false: nothing may be prompted for
  std::string user;                   ///< policy test: whose decision; empty: the caller's own
  LogQuery log;
  std::uint64_t up_to = 0;  ///< sign-off: sequence number of the last record read
  std::string up_to_line;   ///< sign-off: hex SHA-256 of its line; empty: not seen
};

/// Limits of the contract's section 8.
struct Limits {
  static constexpr std::size_t message_bytes = std::size_t{64} * 1024;
  static constexpr std::size_t message_fields = 64;
  static constexpr std::size_t module_name = 55;
  static constexpr std::size_t alias = 1024;
  static constexpr std::size_t parameters = 64;
  static constexpr std::size_t parameter_bytes = 1024;
  static constexpr std::size_t reason_bytes = 1024;
  static constexpr std::size_t plan_modules = 128;
  static constexpr int requests_in_flight = 256;
  static constexpr int requests_per_uid = 16;
  static constexpr int request_seconds = 120;
};

}  // namespace modgate
