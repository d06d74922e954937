// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "modgate/result.h"

namespace modgate {

/// Epoch milliseconds of what a person wrote: RFC 3339 ("2026-12-01T10:00:00Z", with an offset or
/// without for local time, a blank for the T), a day ("2026-12-01": its beginning, local time), or
/// relative to `now_ms` ("-7d", "-90m"; s, m, h, d, w). Nothing before 1970. Errors are
/// Outcome::usage.
Result<std::int64_t> parse_moment(const std::string& text, std::int64_t now_ms);

}  // namespace modgate
