// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace modgate {

/// RFC 3339 in UTC with nanoseconds: "2026-12-01T10:00:00.000000001Z".
std::string rfc3339_utc(std::int64_t epoch_ns);

/// CLOCK_REALTIME in nanoseconds since the epoch.
std::int64_t realtime_ns() noexcept;

}  // namespace modgate
