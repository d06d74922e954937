// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/timestamp.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace modgate {

std::string rfc3339_utc(std::int64_t epoch_ns) {
  using std::chrono::days;
  using std::chrono::nanoseconds;
  using std::chrono::seconds;
  const std::chrono::sys_time<nanoseconds> instant{nanoseconds(epoch_ns)};
  const auto day = std::chrono::floor<days>(instant);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss<nanoseconds> time{instant - day};
  std::array<char, 64> text{};
  const int length =
      std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02ld:%02ld:%02ld.%09ldZ",
                    static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                    static_cast<unsigned>(date.day()), time.hours().count(), time.minutes().count(),
                    time.seconds().count(), time.subseconds().count());
  return length > 0 ? std::string(text.data()) : std::string();
}

std::int64_t realtime_ns() noexcept {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

}  // namespace modgate
