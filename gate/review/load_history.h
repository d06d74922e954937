// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gate/audit/stored_event.h"

namespace modgate {

/// A load or unload of one module through the gate.
struct KnownChange {
  std::string user;
  uid_t uid = static_cast<uid_t>(-1);
  std::int64_t time_ms = 0;
  std::string role;
  std::string rule;
  std::string reason;
  std::string record;  ///< correlation id
  RecordedModule module;
};

/// What became of one module in one boot, as the outcomes in the log tell it.
class LoadHistory {
 public:
  /// `module`: the canonical name.
  LoadHistory(std::string module, std::string boot_id)
      : module_(std::move(module)), boot_id_(std::move(boot_id)) {}

  /// Takes in an event; in the order of the log.
  void add(const StoredEvent& event);

  /// The load that nobody is known to have undone. Whether the module in the kernel is that one its
  /// instance tells.
  [[nodiscard]] const std::optional<KnownChange>& loaded() const noexcept { return loaded_; }
  /// The unload after which nobody is known to have loaded it.
  [[nodiscard]] const std::optional<KnownChange>& unloaded() const noexcept { return unloaded_; }

 private:
  std::string module_;
  std::string boot_id_;
  std::optional<KnownChange> loaded_;
  std::optional<KnownChange> unloaded_;
};

}  // namespace modgate
