// SPDX-License-Identifier: Apache-2.0
#include "gate/review/load_history.h"

namespace modgate {

void LoadHistory::add(const StoredEvent& event) {
  const Record& record = event.record;
  if (record.kind != RecordKind::outcome || event.head.boot_id != boot_id_) return;
  for (const RecordedModule& module : record.modules) {
    if (module.name != module_) continue;
    const bool gone = module.step == Step::undone ||
                      (record.action == Action::unload && module.step == Step::done);
    const bool came = record.action == Action::load && module.step == Step::done;
    if (!gone && !came) continue;
    KnownChange change{record.user, event.peer.uid, record.time_ns / 1'000'000, record.role,
                       record.rule, record.reason,  event.head.correlation_uid, module};
    (gone ? loaded_ : unloaded_).reset();
    (gone ? unloaded_ : loaded_) = std::move(change);
  }
}

}  // namespace modgate
