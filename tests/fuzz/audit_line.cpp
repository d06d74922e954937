// SPDX-License-Identifier: Apache-2.0
// A line of the log as anybody may have left it: recovery, verification and search read it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "gate/audit/event.h"
#include "gate/audit/gate_loads.h"
#include "gate/audit/search.h"
#include "gate/audit/stored_event.h"

namespace {

/// What was read can be stored again, as one line that reads as the same.
void store_again(const modgate::StoredEvent& event) {
  modgate::Stamp stamp;
  stamp.sequence = event.head.sequence;
  stamp.prev = event.head.prev;
  const modgate::RenderedEvent rendered =
      modgate::render_event(event.record, &event.peer, stamp, modgate::Origin{});
  for (const char c : rendered.line) {
    if (c < 0x20 || c >= 0x7f) std::abort();
  }
  modgate::StoredLine again;
  if (!again.parse(rendered.line)) std::abort();
  const auto read = again.event();
  if (!read || read->record.kind != event.record.kind ||
      (!rendered.clipped && read->record.modules.size() != event.record.modules.size())) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  static modgate::StoredLine stored;
  static modgate::LogFilter filter(
      [] {
        modgate::LogQuery query;
        query.module = "vxlan";
        query.user = "alice";
        return query;
      }(),
      "1000");
  static_cast<void>(filter.matches(line));
  if (!stored.parse(line)) return 0;
  if (const auto event = stored.event()) {
    modgate::GateLoads loads;
    loads.apply(event->record, event->peer.uid, event->head.correlation_uid);
    static_cast<void>(loads.all());
    // A line of the log has an end, and so has what can be made of it.
    if (size <= modgate::kLineBytes) store_again(*event);
  }
  return 0;
}
