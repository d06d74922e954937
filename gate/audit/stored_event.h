// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <simdjson.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "modgate/caller.h"
#include "modgate/record.h"

namespace modgate {

/// What every event of the log bears.
struct StoredHead {
  std::uint64_t sequence = 0;
  std::string prev;
  std::string correlation_uid;
  std::string boot_id;
  std::string kind;  ///< kind_word() of what was stored
};

/// An event about modules, back in the words it was stored from, as far as the log holds them.
struct StoredEvent {
  StoredHead head;
  Record record;
  Peer peer;
};

/// Takes stored lines apart. One object serves many lines; what it gives out is valid until the
/// next call of parse().
class StoredLine {
 public:
  /// Whether `line` is one whole JSON object.
  bool parse(std::string_view line);

  /// nullopt where the event does not bear what every event of the log bears.
  [[nodiscard]] std::optional<StoredHead> head() const;

  /// The whole event; nullopt for one that is not an event about modules.
  [[nodiscard]] std::optional<StoredEvent> event() const;

  [[nodiscard]] simdjson::dom::element root() const noexcept { return root_; }

 private:
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
};

/// The text at a JSON pointer, empty where there is none.
std::string_view text_at(simdjson::dom::element root, std::string_view pointer) noexcept;

/// The number at a JSON pointer.
std::optional<std::uint64_t> number_at(simdjson::dom::element root,
                                       std::string_view pointer) noexcept;

}  // namespace modgate
