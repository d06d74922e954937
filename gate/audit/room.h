// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "modgate/result.h"

namespace modgate {

/// Space that a segment already owns beyond its end, so that what must be written later can be.
class Room {
 public:
  /// Sees to it that `bytes` can be written behind `size`. An error with ENOSPC or EDQUOT where
  /// there is no room. Where the file system cannot set space aside, free space must be there.
  Status ensure(int file, std::uint64_t size, std::uint64_t bytes);

  /// The file is another one, or was cut.
  void forget() noexcept { end_ = 0; }

 private:
  std::uint64_t end_ = 0;  ///< the file owns everything before it
};

}  // namespace modgate
