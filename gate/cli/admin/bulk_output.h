// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "modgate/result.h"

namespace modgate {

/// Standard output for many lines: written in large pieces, or at once where somebody watches. The
/// code of an error is its errno; EPIPE: nobody reads any more.
class BulkOutput {
 public:
  explicit BulkOutput(bool at_once) : at_once_(at_once) {}

  /// `line` and a newline.
  Status line(std::string_view line);
  Status flush();

 private:
  bool at_once_;
  std::string buffer_;
};

}  // namespace modgate
