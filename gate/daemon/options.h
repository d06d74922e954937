// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "gate/audit/retention.h"
#include "gate/config/policy_files.h"
#include "gate/daemon/log_key_files.h"
#include "modgate/result.h"

namespace modgate {

/// What only the administrator who starts the helper chooses.
struct DaemonOptions {
  PolicyLocation policy;
  std::string pam_service = "modgate";
  std::string audit_dir = "/var/log/modgate";
  RetentionSettings retention;
  std::string socket = "/run/modgate/gate.sock";
  std::string modules_dir;
  LogKeyFiles log_key;
  std::string courier_socket = "/run/modgate/courier.sock";
  bool make_log_key = false;  ///< make the log's key where there is none, and leave
};

/// What to do: serve with options, or print `text` and leave.
struct DaemonCommand {
  std::optional<DaemonOptions> serve;
  std::string text;
};

/// Reads the command line of modgated. Outcome::usage for what it does not know.
Result<DaemonCommand> parse_daemon_options(int argc, char** argv);

}  // namespace modgate
