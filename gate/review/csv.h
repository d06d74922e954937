// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace modgate {

/// One record of RFC 4180 without its final CR LF. A cell that a spreadsheet would take for a
/// formula (it begins with = + - @, a tab or a carriage return, maybe behind blanks) gets a ' in
/// front, so that what a caller typed as a reason is never computed (OWASP, "CSV injection").
std::string csv_record(const std::vector<std::string>& cells);

}  // namespace modgate
