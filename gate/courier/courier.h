// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "gate/wire/channel.h"
#include "modgate/result.h"

namespace modgate {

struct CourierSettings {
  std::string ca_file;  ///< beside the system's certificate authorities; empty: none
  /// Where it says what its operator should know, a line at a time; from several threads.
  std::function<void(const std::string& line)> journal;
};

/// Carries checkpoints from the recorder at the other end of `recorder` to the witnesses that it
/// names, and cosignatures back (gate/wire/courier_messages.h). Each witness is visited by a thread
/// of its own, so that none waits for another.
///
/// Comes back when the recorder hangs up or names other witnesses than before, and with an error
/// where it says what this program does not know. The threads are still at work then: there is
/// nothing to be done but to end the process, and to begin anew.
Status carry(Channel recorder, CourierSettings settings);

/// Connects to the recorder's socket.
Result<Channel> connect_to_recorder(const std::string& path);

}  // namespace modgate
