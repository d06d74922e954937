// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "gate/witness/witness_decision.h"
#include "modgate/result.h"

namespace modgate {

/// The logs that a witness serves, by origin.
using WitnessedLogs = std::map<std::string, WitnessedLog, std::less<>>;

/// Adds the logs of one text: a verifier key a line (`name+id+key`, as /etc/modgate/log.vkey holds
/// it), whose name is the log's origin; empty lines and lines that begin with '#' are passed over.
/// Several keys of one name are the keys of one log. An error names `path` and the line.
Status add_witnessed_logs(std::string_view text, const std::string& path, WitnessedLogs& logs);

/// Reads the file `path`, or all files `*.vkey` of the folder `path`. No log at all is an error.
Result<WitnessedLogs> read_witnessed_logs(const std::string& path);

}  // namespace modgate
