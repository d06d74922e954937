// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gate/confine/house.h"
#include "modgate/handle.h"
#include "modgate/result.h"

namespace modgate {

/// Takes a connection of the courier from its listening socket. Outcome::denied for a peer that has
/// neither the uid nor the gid of modgate-courier, which is hung up on.
Result<Fd> accept_courier(const Fd& socket, const Account& courier);

}  // namespace modgate
