// SPDX-License-Identifier: Apache-2.0
#include "component/audit/ocsf_schemas.h"
#include "gate/audit/classification.h"

using namespace modgate;

namespace {

std::string events() {
  const Peer peer = sample::alice();
  Peer bare;
  bare.uid = 0;
  std::string lines;
  const auto add = [&](const Record& record) {
    const bool helpers = classify(record).of.id >= 3004 && record.kind != RecordKind::sign_off;
    for (const Peer* who : {&peer, static_cast<const Peer*>(&bare)}) {
      lines +=
          render_event(record, helpers ? nullptr : who, sample::stamp(), sample::origin()).line;
      lines += '\n';
    }
  };
  for (int kind = 0; kind <= static_cast<int>(RecordKind::sign_off); ++kind) {
    for (int outcome = 0; outcome <= static_cast<int>(Outcome::unavailable); ++outcome) {
      Record record = sample::outcome();
      record.kind = static_cast<RecordKind>(kind);
      record.outcome = static_cast<Outcome>(outcome);
      record.code = "ENOEXEC";
      record.count = outcome == 3 ? 100 : 1;
      if (record.kind == RecordKind::retention) {
        record.removed = {1, 41, std::string(64, 'c'), 2, 4096, "age"};
      }
      add(record);
      Record bare_record;
      bare_record.kind = record.kind;
      bare_record.outcome = record.outcome;
      add(bare_record);
      record.reason = std::string(200'000, 'x');
      add(record);
    }
  }
  Record unknown = sample::outcome();
  unknown.outcome_unknown = true;
  add(unknown);
  return lines;
}

}  // namespace

TEST_CASE("events are valid in OCSF 1.8.0") { sample::check_against_ocsf(events()); }
