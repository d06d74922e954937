// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "gate/review/log_place.h"

namespace modgate {

struct NumberedLine {
  std::uint64_t sequence = 0;
  std::string line;
};

/// The record with this sequence number; 0: the last one. Outcome::failed where there is none.
Result<NumberedLine> find_numbered(const OpenLog& log, std::uint64_t sequence);

}  // namespace modgate
