// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gate/cli/command_line.h"
#include "gate/review/where.h"
#include "modgate/request.h"

namespace modgate {

/// What is to be reviewed, as typed behind `log` or `report`.
struct ReviewOptions {
  LogQuery query;  ///< without `last` and `follow`
  Where where;
  std::vector<std::string> from;  ///< directories of logs; empty: this machine's
  bool use_index = true;
};

/// Errors are Outcome::usage.
Result<ReviewOptions> review_options_of(const CommandLine& line);

/// A number from 1 on, as `-n` takes it; 0 where it was not given.
Result<std::uint64_t> last_of(const CommandLine& line);

/// Epoch milliseconds.
std::int64_t now_ms();

}  // namespace modgate
