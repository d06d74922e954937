// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace modgate {

/// The name that pam(3) gives a status: "PAM_AUTH_ERR"; empty for a number that it does not know.
std::string pam_status_name(int status);

}  // namespace modgate
