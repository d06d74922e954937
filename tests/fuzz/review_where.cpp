// SPDX-License-Identifier: Apache-2.0
// An expression of `modgate log --where` that anyone types, held against an event of the log.
#include <cstdlib>
#include <string>
#include <string_view>

#include "gate/review/where.h"

using namespace modgate;

namespace {

constexpr const char* kEvent =
    R"({"time":1785492000123,"message":"loaded vxlan","status_code":"0","actor":{"user":{"name":"alice",)"
    R"("uid":"1000"}},"driver":{"file":{"internal_name":"vxlan"}},"unmapped":{"modgate":{"kind":"outcome",)"
    R"("outcome":"done","action":"load","rule":"policy.toml:12","modules":[{"name":"udp_tunnel"},)"
    R"({"name":"vxlan"}]}},"metadata":{"sequence":7}})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto where = Where::parse(text, 1785492000000);
  if (!where) return 0;
  EventView event;
  if (!event.parse(kEvent)) std::abort();
  const bool fits = where->fits(event);
  // What fits meets all that is necessary, and the opposite of an expression is its opposite.
  for (const Condition& condition : where->necessary()) {
    if (condition.field == Field::sequence && condition.comparison == Comparison::is && fits &&
        condition.number != 7) {
      std::abort();
    }
  }
  const auto opposite = Where::parse("not (" + std::string(text) + ")", 1785492000000);
  if (opposite && opposite->fits(event) == fits) std::abort();
  return 0;
}
