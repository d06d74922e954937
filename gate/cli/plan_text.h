// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace modgate {

/// A plan, module by module: what would be done, decided and asked for, and what the kernel says.
std::string plan_text(const nlohmann::ordered_json& answer);

}  // namespace modgate
