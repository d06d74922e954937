// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace modgate {

/// The name below /dev of a terminal by its device number, as /proc/PID/stat has it: "pts/3",
/// "tty1", "ttyS0". Empty for 0 and for devices of other kinds
/// (Documentation/admin-guide/devices.txt).
std::string terminal_name(std::uint32_t device);

}  // namespace modgate
