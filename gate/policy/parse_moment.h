// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "gate/policy/moment.h"
#include "gate/policy/table_reader.h"

namespace modgate {

/// Which of its ends a whole date stands for.
enum class DateMeans : std::uint8_t { its_begin, its_end };

/// A date, a local date and time, or a date and time with an offset (TOML 1.0).
std::optional<Moment> parse_moment(TableReader& reader, std::string_view key, DateMeans date_means);

}  // namespace modgate
