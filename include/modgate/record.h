// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "modgate/caller.h"
#include "modgate/plan.h"
#include "modgate/request.h"
#include "modgate/result.h"

namespace modgate {

/// What a record is about.
enum class RecordKind : std::uint8_t {
  intent,          ///< on disk before the kernel is asked
  outcome,         ///< what the kernel said
  refusal,         ///< denied, unauthenticated, rejected, unavailable or failed before any intent
  nothing_to_do,   ///< allowed, and the kernel needed not be asked
  authentication,  ///< one failed try (OCSF 3002)
  start,           ///< the helper began to serve (6002)
  stop,            ///< the helper ends (6002)
  recovery,        ///< found and mended at start, or an open intent without outcome (6002)
  policy,          ///< a policy took effect, or was refused (3004)
  clock,           ///< the clock was set back (6002)
  retention,       ///< old segments of the log are about to be removed (6002)
  sign_off,        ///< a reviewer has read the log up to a record (3004)
};

/// What happened to one module.
enum class Step : std::uint8_t { none, done, failed, skipped, undone };

/// "", "done", "failed", "skipped" or "undone" (unloaded again because a later module failed).
constexpr const char* word(Step step) noexcept {
  switch (step) {
    case Step::none:
      break;
    case Step::done:
      return "done";
    case Step::failed:
      return "failed";
    case Step::skipped:
      return "skipped";
    case Step::undone:
      return "undone";
  }
  return "";
}

struct RecordedModule {
  std::string name;
  std::string file;
  std::optional<Digest> sha256;
  std::uint64_t size = 0;
  std::string signer;
  std::string parameters;
  ModuleState state = ModuleState::fresh;
  Why why = Why::asked;
  Step step = Step::none;
  int code = 0;                ///< errno of the kernel, positive; 0 where it did not refuse
  std::uint64_t instance = 0;  ///< outcome of a load: inode number of /sys/module/NAME; 0: unknown
};

/// Records that were removed because they had been kept as long as they were to be.
struct RemovedRecords {
  std::uint64_t from = 0;  ///< sequence number of the first
  std::uint64_t to = 0;    ///< and of the last
  std::string last_hash;   ///< of the last one's line: what the record after it names
  std::uint64_t segments = 0;
  std::uint64_t bytes = 0;
  std::string reason;  ///< "age" or "size"
};

/// One record as the session, the listener or the recorder itself words it. Who asked and under
/// which correlation id is not here: the recorder stamps that from what the listener told it.
struct Record {
  RecordKind kind = RecordKind::refusal;
  std::int64_t time_ns = 0;  ///< CLOCK_REALTIME when it happened
  Outcome outcome = Outcome::unavailable;
  bool outcome_unknown = false;  ///< recovery of an open intent
  Action action = Action::load;
  bool reload = false;  ///< a load that was asked to unload first what is loaded under the name
  std::string asked;
  std::string driver;  ///< canonical name; empty where it never became known
  std::vector<RecordedModule> modules;
  std::vector<std::string> appeared;  ///< modules that came meanwhile and were not planned
  std::string role;
  std::string rule;           ///< "file:line"; empty: the implicit default
  std::string policy_digest;  ///< lower-case hex SHA-256 of the merged policy
  std::string reason;
  bool anchor = false;  ///< of an intent: a witness must acknowledge it before the kernel is asked
  std::string authentication;  ///< "none", "ticket:SERVICE" or "pam:SERVICE"
  std::string message;         ///< one sentence for people
  std::string code;            ///< "ENOEXEC", "PAM_AUTH_ERR"; empty where there is none
  std::optional<std::uint64_t> taint_before;
  std::optional<std::uint64_t> taint_after;
  std::int64_t duration_us = 0;
  std::string user;  ///< the caller's name when it happened
  std::vector<Group> groups;
  std::uint64_t count = 1;                ///< aggregate of a flood: how many; else 1
  std::int64_t first_ms = 0;              ///< aggregate: epoch milliseconds of the first
  std::optional<RemovedRecords> removed;  ///< of kind retention
  std::uint64_t up_to = 0;  ///< sign-off: sequence number of the last record that was read
  std::string up_to_line;   ///< sign-off: chain hash of its line as the reviewer saw it, or empty
};

/// A module that the gate loaded in this boot and that nobody is known to have unloaded since.
struct GateLoad {
  std::string name;
  std::string user;
  uid_t uid = static_cast<uid_t>(-1);
  std::int64_t since_ms = 0;
  std::string rule;
  std::string record;  ///< correlation id
  Digest sha256{};
  std::uint64_t instance = 0;
};

}  // namespace modgate
