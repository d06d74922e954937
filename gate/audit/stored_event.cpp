// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/stored_event.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "gate/audit/chain.h"
#include "gate/audit/classification.h"

namespace modgate {
namespace {

using Element = simdjson::dom::element;

template <class Number>
Number number_from(std::string_view text) noexcept {
  Number number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() ? number : Number{0};
}

/// A stored number that fits `Number`, else 0.
template <class Number>
Number fitting(Element root, std::string_view pointer) noexcept {
  const std::uint64_t value = number_at(root, pointer).value_or(0);
  const auto limit = static_cast<std::uint64_t>(std::numeric_limits<Number>::max());
  return value <= limit ? static_cast<Number>(value) : Number{0};
}

std::string string_at(Element root, std::string_view pointer) {
  return std::string(text_at(root, pointer));
}

/// The value among `all` whose word is `text`, else the first.
template <class Enum, std::size_t N>
Enum from_word(const std::array<Enum, N>& all, std::string_view text) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](Enum one) { return text == word(one); });
  return found == all.end() ? all[0] : *found;
}

RecordedModule module_from(Element json) {
  constexpr std::array kStates = {ModuleState::fresh, ModuleState::loaded, ModuleState::builtin};
  constexpr std::array kWhys = {Why::asked, Why::dependency, Why::soft};
  constexpr std::array kSteps = {Step::none, Step::done, Step::failed, Step::skipped, Step::undone};
  RecordedModule module;
  module.name = string_at(json, "/name");
  module.file = string_at(json, "/file");
  module.sha256 = parse_digest(text_at(json, "/sha256"));
  module.size = number_at(json, "/size").value_or(0);
  module.signer = string_at(json, "/signer");
  module.parameters = string_at(json, "/params");
  module.state = from_word(kStates, text_at(json, "/state"));
  module.why = from_word(kWhys, text_at(json, "/why"));
  module.step = from_word(kSteps, text_at(json, "/step"));
  module.code = fitting<int>(json, "/errno");
  module.instance = number_at(json, "/instance").value_or(0);
  return module;
}

template <class Take>
void for_each_at(Element root, std::string_view pointer, const Take& take) {
  simdjson::dom::array items;
  if (root.at_pointer(pointer).get_array().get(items) != simdjson::SUCCESS) return;
  for (const Element item : items) take(item);
}

Record record_from(Element root) {
  constexpr std::array kOutcomes = {Outcome::unavailable, Outcome::done,   Outcome::failed,
                                    Outcome::usage,       Outcome::denied, Outcome::unauthenticated,
                                    Outcome::rejected};
  constexpr std::uint64_t kLastMillisecond = 9'000'000'000'000;  // in nanoseconds, fits 63 bits
  Record record;
  const std::uint64_t time_ms = number_at(root, "/time").value_or(0);
  if (time_ms <= kLastMillisecond) record.time_ns = static_cast<std::int64_t>(time_ms) * 1'000'000;
  record.outcome = from_word(kOutcomes, text_at(root, "/unmapped/modgate/outcome"));
  record.outcome_unknown = text_at(root, "/unmapped/modgate/outcome") == "unknown";
  record.action =
      text_at(root, "/unmapped/modgate/action") == "unload" ? Action::unload : Action::load;
  record.reload = text_at(root, "/unmapped/modgate/request") == kReloadRequest;
  record.asked = string_at(root, "/unmapped/modgate/asked");
  record.driver = string_at(root, "/driver/file/internal_name");
  for_each_at(root, "/unmapped/modgate/modules",
              [&](Element module) { record.modules.push_back(module_from(module)); });
  record.role = string_at(root, "/unmapped/modgate/role");
  record.rule = string_at(root, "/unmapped/modgate/rule");
  if (record.rule == "default") record.rule.clear();
  record.policy_digest = string_at(root, "/unmapped/modgate/policy");
  record.reason = string_at(root, "/unmapped/modgate/reason");
  record.anchor = text_at(root, "/unmapped/modgate/anchor") == "before-load";
  record.authentication = string_at(root, "/unmapped/modgate/authentication");
  record.message = string_at(root, "/message");
  record.user = string_at(root, "/actor/user/name");
  for_each_at(root, "/actor/user/groups", [&](Element group) {
    record.groups.push_back(
        {number_from<gid_t>(text_at(group, "/uid")), string_at(group, "/name")});
  });
  return record;
}

Peer peer_from(Element root) {
  Peer peer;
  peer.uid = number_from<uid_t>(text_at(root, "/actor/user/uid"));
  if (number_at(root, "/actor/process/auid")) {
    peer.login_uid = fitting<uid_t>(root, "/actor/process/auid");
  }
  if (const std::string_view session = text_at(root, "/actor/session/uid"); !session.empty()) {
    peer.audit_session = number_from<std::uint32_t>(session);
  }
  peer.process.pid = fitting<pid_t>(root, "/actor/process/pid");
  peer.process.name = string_at(root, "/actor/process/name");
  peer.process.started_ms = fitting<std::int64_t>(root, "/actor/process/created_time");
  peer.process.terminal = string_at(root, "/actor/session/terminal");
  peer.process.parent_pid = fitting<pid_t>(root, "/actor/process/parent_process/pid");
  peer.process.parent_name = string_at(root, "/actor/process/parent_process/name");
  return peer;
}

}  // namespace

std::string_view text_at(Element root, std::string_view pointer) noexcept {
  std::string_view text;
  if (root.at_pointer(pointer).get_string().get(text) != simdjson::SUCCESS) return {};
  return text;
}

std::optional<std::uint64_t> number_at(Element root, std::string_view pointer) noexcept {
  std::uint64_t number = 0;
  if (root.at_pointer(pointer).get_uint64().get(number) != simdjson::SUCCESS) return std::nullopt;
  return number;
}

bool StoredLine::parse(std::string_view line) {
  return parser_.parse(line.data(), line.size(), true).get(root_) == simdjson::SUCCESS &&
         root_.is_object();
}

std::optional<StoredHead> StoredLine::head() const {
  const auto sequence = number_at(root_, "/metadata/sequence");
  StoredHead head;
  head.prev = string_at(root_, "/unmapped/modgate/chain/prev");
  if (!sequence || *sequence == 0 || head.prev.size() != kChainStart.size()) return std::nullopt;
  head.sequence = *sequence;
  head.correlation_uid = string_at(root_, "/metadata/correlation_uid");
  head.boot_id = string_at(root_, "/device/boot_uid");
  head.kind = string_at(root_, "/unmapped/modgate/kind");
  return head;
}

std::optional<StoredEvent> StoredLine::event() const {
  auto found = head();
  if (!found || number_at(root_, "/class_uid") != kKernelExtensionActivity) return std::nullopt;
  StoredEvent event{std::move(*found), record_from(root_), peer_from(root_)};
  event.record.kind = event.head.kind == kind_word(RecordKind::intent)    ? RecordKind::intent
                      : event.head.kind == kind_word(RecordKind::outcome) ? RecordKind::outcome
                      : event.head.kind == kind_word(RecordKind::nothing_to_do)
                          ? RecordKind::nothing_to_do
                          : RecordKind::refusal;
  return event;
}

}  // namespace modgate
