// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

#include "modgate/handle.h"
#include "modgate/result.h"

namespace modgate {

/// Makes the socket where callers connect (AF_UNIX, SOCK_SEQPACKET, mode 0666: the policy decides,
/// not the socket), for a helper that was started by hand. A socket that a helper still listens on
/// is an error; one that was left behind is replaced; anything else at that path is an error.
Result<Fd> make_listening_socket(const std::string& path);

/// The same for the courier: mode 0660, of this group.
Result<Fd> make_courier_socket(const std::string& path, gid_t group);

}  // namespace modgate
