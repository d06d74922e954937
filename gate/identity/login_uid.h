// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>

#include "modgate/result.h"

namespace modgate {

/// Sets the audit login uid of this process, so that the kernel's own audit names the person and
/// not the daemon. Works once, while it is unset and before the uid changes
/// (audit_set_loginuid_perm in kernel/audit.c). An error where the kernel has no audit or it is set
/// to another uid already.
Status set_login_uid(uid_t uid);

/// The login uid of this process; nullopt while unset.
Result<std::optional<uid_t>> own_login_uid();

}  // namespace modgate
