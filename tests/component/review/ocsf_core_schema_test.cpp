// SPDX-License-Identifier: Apache-2.0
// Checks events for OCSF 1.1 against the schemas of OCSF 1.8.0, in which all of them must be valid
// too.
#include "component/audit/ocsf_schemas.h"
#include "component/review/written_log.h"
#include "gate/audit/classification.h"
#include "gate/review/exports.h"

using namespace modgate;

namespace {

std::string core_events() {
  std::string lines;
  EventView event;
  const Peer peer = sample::alice();
  for (int kind = 0; kind <= static_cast<int>(RecordKind::sign_off); ++kind) {
    for (const Outcome outcome : {Outcome::done, Outcome::failed, Outcome::denied}) {
      Record record = sample::outcome();
      record.kind = static_cast<RecordKind>(kind);
      record.outcome = outcome;
      Record bare;
      bare.kind = record.kind;
      bare.outcome = outcome;
      for (const Record& one : {record, bare}) {
        for (const Peer* who : {&peer, static_cast<const Peer*>(nullptr)}) {
          // Without a person there are only the helper's own.
          const bool helpers =
              classify(one).of.id >= kEntityManagement && one.kind != RecordKind::sign_off;
          if (helpers != (who == nullptr)) continue;
          REQUIRE(event.parse(render_event(one, who, sample::stamp(), sample::origin()).line));
          lines += ocsf_core(event) + '\n';
        }
      }
    }
  }
  return lines;
}

}  // namespace

TEST_CASE("events for what reads OCSF 1.1 are valid in 1.8.0") {
  sample::check_against_ocsf(core_events());
}
