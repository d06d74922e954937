// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "gate/policy/policy.h"
#include "gate/policy/table_reader.h"

namespace modgate {

/// Most witnesses that a policy may name; each is told of every checkpoint.
inline constexpr std::size_t kMostPolicyWitnesses = 16;

/// Reads `[[witness]]` of one file and adds them: name, url and key. The key is the witness's
/// verifier key (C2SP signed-note), and bears the witness's name.
void parse_witnesses(const toml::node& node, std::vector<Witness>& witnesses,
                     ProblemList& problems);

/// `anchor`, in defaults and rules: whether a witness must have acknowledged the intent first.
std::optional<bool> parse_anchor(TableReader& reader);

}  // namespace modgate
