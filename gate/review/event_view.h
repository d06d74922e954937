// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gate/audit/stored_event.h"

namespace modgate {

/// The words for how a request ended (modgate(1)), in the order of their exit statuses, and
/// the one for what nobody knows.
inline constexpr std::array<std::string_view, 8> kOutcomes = {
    "done", "failed", "usage", "denied", "unauthenticated", "rejected", "unavailable", "unknown"};

/// What a reviewer can ask of an event, filter by, group by and export.
enum class Field : std::uint8_t {
  time,
  sequence,
  kind,
  action,
  outcome,
  user,
  uid,
  role,
  rule,
  module,
  modules,
  sha256,
  signer,
  params,
  asked,
  reason,
  authentication,
  session,
  terminal,
  host,
  boot,
  code,
  count,
  duration_us,
  message,
  record,
  log,
};

/// How a field compares.
enum class FieldType : std::uint8_t {
  text,
  list,    ///< of texts; a comparison holds if it holds for any of them
  number,  ///< a whole number
  moment,  ///< epoch milliseconds
};

struct FieldName {
  Field field;
  std::string_view name;
  FieldType type;
};

/// All fields, in the order in which a table of them is shown.
const std::vector<FieldName>& all_fields();

/// nullptr where there is no such field.
const FieldName* field_named(std::string_view name) noexcept;
const FieldName& name_of(Field field) noexcept;

/// One stored event as a reviewer sees it. What it gives out is valid until the next parse(). Names
/// are what was stored when it happened; nothing is looked up.
class EventView {
 public:
  /// Whether `line` is one whole JSON object. `log`: where the line is from; stays the owner's.
  bool parse(std::string_view line, std::string_view log = {});

  /// The texts of a text or a list; numbers have none. Empty where the event has nothing there.
  const std::vector<std::string_view>& texts(Field field);

  /// The value of a number or a moment.
  [[nodiscard]] std::optional<std::int64_t> number(Field field) const;

  /// One text for a table: of `module`, `sha256`, `signer` and `params` that of the module asked
  /// for, of `modules` all names with a blank between them, of `time` RFC 3339 in UTC.
  std::string shown(Field field);

  /// The whole event in the words it was stored from; nullopt for one that is not about modules.
  [[nodiscard]] std::optional<StoredEvent> stored() const { return line_.event(); }

  [[nodiscard]] simdjson::dom::element root() const noexcept { return line_.root(); }

 private:
  void gather(const char* key);
  void put_last_first();
  [[nodiscard]] std::string_view driver() const;

  StoredLine line_;
  std::string_view log_;
  std::vector<std::string_view> texts_;
};

}  // namespace modgate
