// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gate/wire/reply.h"
#include "modgate/result.h"

namespace modgate {

/// What the program prints: results on standard output, errors on standard error or, with `--json`,
/// as an object on standard output. What is printed for people must have gone through printable().
class Output {
 public:
  explicit Output(bool json) : json_(json) {}

  [[nodiscard]] bool is_json() const noexcept { return json_; }

  /// One line on standard output; an error where it cannot be written.
  Status line(std::string_view text);

  /// A remark that is no result: standard error, nothing with `--json`.
  void remark(std::string_view text);

  /// Tells the end of a request that was refused or failed. Returns the exit status.
  int refuse(const ReplyEnd& end);
  int refuse(const Error& error);

 private:
  bool json_;
};

}  // namespace modgate
