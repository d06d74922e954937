// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "gate/policy/policy.h"
#include "gate/policy/table_reader.h"

namespace modgate {

/// "alice", "%netdev" or "#1007": one entry of a role's `members`.
std::optional<Member> parse_member(const PlacedText& entry, ProblemList& problems);

}  // namespace modgate
