// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace modgate {

/// One line for the administrator on standard error (the journal, under systemd). Control
/// characters but the newline are escaped.
void log_line(std::string_view text) noexcept;

}  // namespace modgate
