// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace modgate {

/// The style and the script of a report's page. Neither may hold "</".
extern const std::string_view kReportStyle;
extern const std::string_view kReportScript;

}  // namespace modgate
