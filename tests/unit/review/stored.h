// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "catch.h"
#include "gate/review/event_view.h"
#include "unit/audit/sample.h"

namespace modgate::sample {

inline std::string line_of(const Record& record, std::uint64_t sequence = 7) {
  const Peer peer = alice();
  return render_event(record, &peer, stamp(sequence), origin()).line;
}

/// A refusal of what alice asked, with the default's reasons.
inline Record denied() {
  Record refusal = record(RecordKind::refusal);
  refusal.outcome = Outcome::denied;
  refusal.rule.clear();
  refusal.message = "alice may not load vxlan";
  return refusal;
}

}  // namespace modgate::sample
