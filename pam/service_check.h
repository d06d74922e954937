// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "modgate/result.h"

namespace modgate {

/// Reads /etc/pam.d/SERVICE with its includes (@include, include, substack) and refuses a service
/// that cannot ask the person: a missing file, or one without auth or account lines (Debian's
/// `other` would serve it instead), a file that others than root can write, an include that is
/// missing or nests too deep, and an auth line that accepts whoever is root (`pam_rootok`,
/// `pam_wheel` or `pam_succeed_if` with `use_uid`): the authenticator runs as root. A name that
/// libpam would read as another one (upper case, '/') is refused too. A symbolic link is followed
/// where only root can have made it, as some systems have them there. The error names file and
/// line; its outcome is Outcome::unavailable.
Status check_pam_service(const std::string& service, const std::string& directory = "/etc/pam.d");

}  // namespace modgate
