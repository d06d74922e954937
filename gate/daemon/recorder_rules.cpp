// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/recorder_rules.h"

#include <algorithm>
#include <string>

namespace modgate {
namespace {

Error out_of_turn(const std::string& why) {
  return {Outcome::unavailable, "the recorder refuses the record: " + why};
}

bool names_all_digests(const Record& intent) {
  return intent.action == Action::unload ||
         std::all_of(intent.modules.begin(), intent.modules.end(),
                     [](const RecordedModule& module) {
                       return module.state != ModuleState::fresh || module.sha256;
                     });
}

}  // namespace

Result<RecordKind> ConnectionRules::admit(const Record& record) const {
  if (record.count != 1) return out_of_turn("only the recorder itself counts");
  switch (record.kind) {
    case RecordKind::intent:
      if (phase_ != Phase::fresh) return out_of_turn("a request has one intent");
      if (!names_all_digests(record)) return out_of_turn("a new module without a digest");
      return RecordKind::intent;
    case RecordKind::outcome:
      if (phase_ != Phase::open) return out_of_turn("an outcome without an intent");
      return RecordKind::outcome;
    case RecordKind::refusal:
      if (phase_ == Phase::open) return RecordKind::outcome;
      [[fallthrough]];
    case RecordKind::nothing_to_do:
    case RecordKind::sign_off:
      if (phase_ != Phase::fresh) return out_of_turn("the request has come to its end");
      return record.kind;
    case RecordKind::authentication:
      if (phase_ != Phase::fresh) return out_of_turn("the request has come to its end");
      if (tries_ >= kMaxTries) return out_of_turn("too many tries");
      return RecordKind::authentication;
    case RecordKind::start:
    case RecordKind::stop:
    case RecordKind::recovery:
    case RecordKind::policy:
    case RecordKind::clock:
    case RecordKind::retention:
      break;
  }
  return out_of_turn("it is not a session's to make");
}

void ConnectionRules::stored(RecordKind kind) noexcept {
  if (kind == RecordKind::authentication) {
    ++tries_;
  } else {
    phase_ = kind == RecordKind::intent ? Phase::open : Phase::closed;
  }
}

std::vector<Digest> new_digests(const Record& record) {
  std::vector<Digest> digests;
  if (record.kind != RecordKind::intent || record.action != Action::load) return digests;
  for (const RecordedModule& module : record.modules) {
    if (module.state == ModuleState::fresh && module.sha256) digests.push_back(*module.sha256);
  }
  return digests;
}

}  // namespace modgate
