// SPDX-License-Identifier: Apache-2.0
#include "gate/review/event_view.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace modgate {
namespace {

using Element = simdjson::dom::element;

/// Where a field of one text stands in a stored event.
const char* pointer_of(Field field) noexcept {
  switch (field) {
    case Field::kind:
      return "/unmapped/modgate/kind";
    case Field::action:
      return "/unmapped/modgate/action";
    case Field::outcome:
      return "/unmapped/modgate/outcome";
    case Field::user:
      return "/actor/user/name";
    case Field::uid:
      return "/actor/user/uid";
    case Field::role:
      return "/unmapped/modgate/role";
    case Field::rule:
      return "/unmapped/modgate/rule";
    case Field::asked:
      return "/unmapped/modgate/asked";
    case Field::reason:
      return "/unmapped/modgate/reason";
    case Field::authentication:
      return "/unmapped/modgate/authentication";
    case Field::session:
      return "/actor/session/uid";
    case Field::terminal:
      return "/actor/session/terminal";
    case Field::host:
      return "/device/hostname";
    case Field::boot:
      return "/device/boot_uid";
    case Field::code:
      return "/status_code";
    case Field::message:
      return "/message";
    case Field::record:
      return "/metadata/correlation_uid";
    case Field::time:
      return "/time";
    case Field::sequence:
      return "/metadata/sequence";
    case Field::count:
      return "/unmapped/modgate/count";
    case Field::duration_us:
      return "/unmapped/modgate/duration_us";
    case Field::module:
    case Field::modules:
    case Field::sha256:
    case Field::signer:
    case Field::params:
    case Field::log:
      break;
  }
  return nullptr;
}

/// The key of a field of each module in the plan; nullptr where it is no such field.
const char* module_key(Field field) noexcept {
  switch (field) {
    case Field::module:
    case Field::modules:
      return "/name";
    case Field::sha256:
      return "/sha256";
    case Field::signer:
      return "/signer";
    case Field::params:
      return "/params";
    default:
      return nullptr;
  }
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

}  // namespace

const std::vector<FieldName>& all_fields() {
  using enum FieldType;
  static const std::vector<FieldName> kFields = {
      {Field::time, "time", moment},
      {Field::sequence, "sequence", number},
      {Field::kind, "kind", text},
      {Field::action, "action", text},
      {Field::outcome, "outcome", text},
      {Field::user, "user", text},
      {Field::uid, "uid", number},
      {Field::role, "role", text},
      {Field::rule, "rule", text},
      {Field::module, "module", list},
      {Field::modules, "modules", list},
      {Field::sha256, "sha256", list},
      {Field::signer, "signer", list},
      {Field::params, "params", list},
      {Field::asked, "asked", text},
      {Field::reason, "reason", text},
      {Field::authentication, "authentication", text},
      {Field::session, "session", text},
      {Field::terminal, "terminal", text},
      {Field::host, "host", text},
      {Field::boot, "boot", text},
      {Field::code, "code", text},
      {Field::count, "count", number},
      {Field::duration_us, "duration_us", number},
      {Field::message, "message", text},
      {Field::record, "record", text},
      {Field::log, "log", text},
  };
  return kFields;
}

const FieldName* field_named(std::string_view name) noexcept {
  const auto& fields = all_fields();
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const FieldName& one) { return one.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

const FieldName& name_of(Field field) noexcept {
  const auto& fields = all_fields();
  return *std::find_if(fields.begin(), fields.end(),
                       [&](const FieldName& one) { return one.field == field; });
}

bool EventView::parse(std::string_view line, std::string_view log) {
  log_ = log;
  return line_.parse(line);
}

std::string_view EventView::driver() const {
  const std::string_view name = text_at(root(), "/driver/file/internal_name");
  return name.empty() ? text_at(root(), "/unmapped/modgate/asked") : name;
}

/// The text at `key` of each module of the plan, that of the module asked for first.
void EventView::gather(const char* key) {
  const std::string_view asked_for = driver();
  simdjson::dom::array modules;
  if (root().at_pointer("/unmapped/modgate/modules").get_array().get(modules) ==
      simdjson::SUCCESS) {
    for (const Element module : modules) {
      const std::string_view text = text_at(module, key);
      texts_.push_back(text);
      if (text_at(module, "/name") == asked_for) put_last_first();
    }
  }
}

void EventView::put_last_first() { std::rotate(texts_.begin(), texts_.end() - 1, texts_.end()); }

const std::vector<std::string_view>& EventView::texts(Field field) {
  texts_.clear();
  if (field == Field::log) {
    texts_.push_back(log_);
  } else if (const char* key = module_key(field); key != nullptr) {
    gather(key);
    const bool is_name = field == Field::module || field == Field::modules;
    const std::string_view asked_for = is_name ? driver() : std::string_view();
    if (!asked_for.empty() && (texts_.empty() || texts_.front() != asked_for)) {
      texts_.push_back(asked_for);
      put_last_first();
    }
  } else if (name_of(field).type == FieldType::text) {
    const std::string_view text = text_at(root(), pointer_of(field));
    if (!text.empty()) texts_.push_back(text);
  }
  return texts_;
}

std::optional<std::int64_t> EventView::number(Field field) const {
  // OCSF has it as a text.
  if (field == Field::uid) return whole_number(text_at(root(), pointer_of(field)));
  const char* pointer = pointer_of(field);
  std::int64_t number = 0;
  if (pointer != nullptr &&
      root().at_pointer(pointer).get_int64().get(number) == simdjson::SUCCESS) {
    return number;
  }
  if (field == Field::count) return 1;
  return std::nullopt;
}

std::string EventView::shown(Field field) {
  if (field == Field::time) return std::string(text_at(root(), "/metadata/original_time"));
  const FieldType type = name_of(field).type;
  if (type == FieldType::number || type == FieldType::moment) {
    const auto value = number(field);
    return value ? std::to_string(*value) : std::string();
  }
  const auto& all = texts(field);
  if (field != Field::modules) return all.empty() ? std::string() : std::string(all.front());
  std::string joined;
  for (const std::string_view one : all) {
    joined += (joined.empty() ? "" : " ");
    joined += one;
  }
  return joined;
}

}  // namespace modgate
