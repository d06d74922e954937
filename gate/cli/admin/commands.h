// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gate/cli/command_line.h"

namespace modgate {

/// The commands of administrators and auditors. Of these only `log` and `report` may need the
/// helper: for whom cannot read the log itself.
Command policy_check_command();
Command policy_edit_command();
Command import_sudoers_command();
Command log_command();
Command log_head_command();
Command log_prove_command();
Command log_verify_command();
Command log_verify_proof_command();
Command log_who_command();
Command log_sign_off_command();
Command report_command();
Command pin_command();

}  // namespace modgate
