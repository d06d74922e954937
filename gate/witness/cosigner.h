// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "gate/witness/http_server.h"
#include "gate/witness/state_directory.h"
#include "gate/witness/witness_key.h"
#include "gate/witness/witnessed_logs.h"

namespace modgate {

/// Keeps one checkpoint a log and cosigns only consistent growth of it.
///
/// What it cosigned is on disk before the cosignature leaves it, together with the check that led
/// to it under one lock a log: whatever comes in whatever order, all that it cosigns of a log is
/// one chain, over restarts and losses of power too. It holds as long as the state is not taken
/// back to an earlier one.
class Cosigner {
 public:
  /// Where it says what its operator should know: one line without a newline.
  using Journal = std::function<void(const std::string& line)>;

  /// Refuses to begin (Outcome::unavailable) where the stored state of a log is damaged or another
  /// witness's: to begin anew would be to forget.
  static Result<Cosigner> open(WitnessKey key, WitnessedLogs logs, StateDirectory state,
                               Journal journal);

  /// Answers one add-checkpoint request, at `now` in seconds since the epoch. From any thread.
  HttpAnswer add_checkpoint(const std::string& body, std::uint64_t now);

 private:
  Cosigner(WitnessKey key, WitnessedLogs logs, StateDirectory state, Journal journal);

  [[nodiscard]] Result<WitnessState> stored(const std::string& origin) const;
  HttpAnswer cosigned(const WitnessedLog& log, const AddCheckpoint& request, std::uint64_t now);
  HttpAnswer refused(const WitnessDecision& decision, const AddCheckpoint& request) const;

  WitnessKey key_;
  WitnessedLogs logs_;
  StateDirectory state_;
  Journal journal_;
  std::map<std::string, std::mutex, std::less<>> locks_;
};

}  // namespace modgate
