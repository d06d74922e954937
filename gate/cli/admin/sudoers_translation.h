// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "modgate/result.h"

namespace modgate {

/// The policy that allows what the lines of a sudoers file allow with modprobe and rmmod, as
/// `cvtsudoers -e -f json` printed it, and nothing more: what no rule can say just so stands there
/// as a comment with the reason. `file` is named in it. What is returned always parses, has its own
/// words alone (names are quoted, and escaped where they do not read as they are), and says the
/// same wherever else it is merged: a role's name tells its members. Pure.
Result<std::string> policy_from_sudoers(std::string_view json, const std::string& file);

}  // namespace modgate
