// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/record_codec.h"

#include <algorithm>

#include "gate/audit/chain.h"
#include "gate/wire/message_fields.h"

namespace modgate {
namespace {

constexpr std::size_t kGroups = 256;
constexpr std::size_t kAppeared = 256;
constexpr std::size_t kModuleItems = 11;

std::string pack_module(const RecordedModule& module) {
  return pack({module.name, module.file, module.sha256 ? digest_hex(*module.sha256) : "",
               std::to_string(module.size), module.signer, module.parameters,
               std::to_string(static_cast<unsigned>(module.state)),
               std::to_string(static_cast<unsigned>(module.why)),
               std::to_string(static_cast<unsigned>(module.step)),
               std::to_string(std::max(0, module.code)), std::to_string(module.instance)});
}

RecordedModule unpack_module(FieldReader& reader, const std::string& packed) {
  constexpr std::string_view kKey = "modules";
  RecordedModule module;
  auto items = unpack(packed, kModuleItems);
  if (!items || items->size() != kModuleItems) {
    reader.spoil(kKey);
    return module;
  }
  const auto number = [&](std::size_t at, std::uint64_t max) {
    return number_in(reader, (*items)[at], max, kKey);
  };
  module.name = (*items)[0];
  module.file = (*items)[1];
  if (!(*items)[2].empty()) {
    module.sha256 = parse_digest((*items)[2]);
    if (!module.sha256) reader.spoil(kKey);
  }
  module.size = number(3, UINT64_MAX);
  module.signer = (*items)[4];
  module.parameters = (*items)[5];
  module.state = static_cast<ModuleState>(number(6, static_cast<unsigned>(ModuleState::builtin)));
  module.why = static_cast<Why>(number(7, static_cast<unsigned>(Why::soft)));
  module.step = static_cast<Step>(number(8, static_cast<unsigned>(Step::undone)));
  module.code = static_cast<int>(number(9, 4095));
  module.instance = number(10, UINT64_MAX);
  return module;
}

std::vector<std::string> pack_groups(const std::vector<Group>& groups) {
  std::vector<std::string> packed;
  for (const Group& group : groups) {
    if (packed.size() == kGroups) break;
    packed.push_back(pack({std::to_string(group.gid), group.name}));
  }
  return packed;
}

std::vector<Group> read_groups(FieldReader& reader) {
  std::vector<Group> groups;
  for (const std::string& packed : reader.list("groups", kGroups)) {
    auto items = unpack(packed, 2);
    if (!items || items->size() != 2) {
      reader.spoil("groups");
      break;
    }
    const auto gid = static_cast<gid_t>(number_in(reader, (*items)[0], UINT32_MAX, "groups"));
    groups.push_back({gid, (*items)[1]});
  }
  return groups;
}

}  // namespace

Result<std::string> encode_record(const Record& record, bool wants_receipt) {
  std::vector<std::string> modules;
  for (const RecordedModule& module : record.modules) modules.push_back(pack_module(module));
  std::vector<std::string> appeared = record.appeared;
  if (appeared.size() > kAppeared) appeared.resize(kAppeared);
  FieldWriter writer("record");
  writer.number("receipt", wants_receipt ? 1 : 0)
      .choice("kind", record.kind)
      .time("time_ns", record.time_ns)
      .choice("outcome", record.outcome)
      .number("outcome_unknown", record.outcome_unknown ? 1 : 0)
      .choice("action", record.action)
      .number("reload", record.reload ? 1 : 0)
      .text("asked", record.asked)
      .text("driver", record.driver)
      .text("modules", pack(modules))
      .text("appeared", pack(appeared))
      .text("role", record.role)
      .text("rule", record.rule)
      .text("policy_digest", record.policy_digest)
      .text("reason", record.reason)
      .number("anchor", record.anchor ? 1 : 0)
      .text("authentication", record.authentication)
      .text("message", record.message)
      .text("code", record.code)
      .optional("taint_before", record.taint_before)
      .optional("taint_after", record.taint_after)
      .time("duration_us", record.duration_us)
      .text("user", record.user)
      .text("groups", pack(pack_groups(record.groups)))
      .number("count", record.count)
      .time("first_ms", record.first_ms)
      .number("up_to", record.up_to)
      .text("up_to_line", record.up_to_line);
  return writer.bounded(kRecordBytes);
}

Result<PostedRecord> decode_record(std::string_view message) {
  auto reader = FieldReader::open(message, "record", kRecordBytes);
  if (!reader) return reader.error();
  PostedRecord posted;
  Record& record = posted.record;
  posted.wants_receipt = reader->flag("receipt");
  record.kind = reader->choice("kind", RecordKind::sign_off);
  record.time_ns = reader->time("time_ns");
  record.outcome = reader->choice("outcome", Outcome::unavailable);
  record.outcome_unknown = reader->flag("outcome_unknown");
  record.action = reader->choice("action", Action::unload);
  record.reload = reader->flag("reload");
  record.asked = reader->text("asked");
  record.driver = reader->text("driver");
  for (const std::string& module : reader->list("modules", Limits::plan_modules)) {
    record.modules.push_back(unpack_module(*reader, module));
  }
  record.appeared = reader->list("appeared", kAppeared);
  record.role = reader->text("role");
  record.rule = reader->text("rule");
  record.policy_digest = reader->text("policy_digest");
  record.reason = reader->text("reason");
  record.anchor = reader->flag("anchor");
  record.authentication = reader->text("authentication");
  record.message = reader->text("message");
  record.code = reader->text("code");
  record.taint_before = reader->optional<std::uint64_t>("taint_before");
  record.taint_after = reader->optional<std::uint64_t>("taint_after");
  record.duration_us = reader->time("duration_us");
  record.user = reader->text("user");
  record.groups = read_groups(*reader);
  record.count = reader->number("count", UINT32_MAX);
  record.first_ms = reader->time("first_ms");
  record.up_to = reader->number("up_to", UINT64_MAX);
  record.up_to_line = reader->text("up_to_line");
  if (!record.up_to_line.empty() && !parse_digest(record.up_to_line)) reader->spoil("up_to_line");
  if (auto sound = reader->finish(); !sound) return sound.error();
  return posted;
}

}  // namespace modgate
