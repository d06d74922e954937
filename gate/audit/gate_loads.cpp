// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/gate_loads.h"

namespace modgate {

void GateLoads::apply(const Record& record, uid_t uid, const std::string& correlation_uid) {
  if (record.kind != RecordKind::outcome) return;
  for (const RecordedModule& module : record.modules) {
    const bool gone = module.step == Step::undone ||
                      (record.action == Action::unload && module.step == Step::done);
    if (gone) loads_.erase(module.name);
    if (gone || record.action != Action::load || module.step != Step::done) continue;
    GateLoad load;
    load.name = module.name;
    load.user = record.user;
    load.uid = uid;
    load.since_ms = record.time_ns / 1'000'000;
    load.rule = record.rule;
    load.record = correlation_uid;
    load.sha256 = module.sha256.value_or(Digest{});
    load.instance = module.instance;
    loads_.insert_or_assign(module.name, std::move(load));
  }
}

std::vector<GateLoad> GateLoads::all() const {
  std::vector<GateLoad> loads;
  loads.reserve(loads_.size());
  for (const auto& [name, load] : loads_) loads.push_back(load);
  return loads;
}

}  // namespace modgate
