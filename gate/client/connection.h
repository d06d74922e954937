// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

#include "gate/wire/channel.h"
#include "modgate/result.h"

namespace modgate {

inline constexpr const char* kGateSocket = "/run/modgate/gate.sock";

/// Whether a caller should talk to a helper that runs as `server`: root's always; its own only on a
/// socket that it chose itself. Anyone else's might be there to collect passwords.
bool is_trusted_server(uid_t server, uid_t caller, bool chosen_socket) noexcept;

/// Connects to the helper at `path` and checks who it is (SO_PEERCRED). Errors say
/// what to do: Outcome::usage where `path` can be no socket's, else Outcome::unavailable.
Result<Channel> connect_to_gate(const std::string& path, bool chosen_socket);

}  // namespace modgate
