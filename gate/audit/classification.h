// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "modgate/record.h"

namespace modgate {

/// A number of OCSF and the caption that belongs to it.
struct Caption {
  int id = 0;
  const char* text = "Unknown";
};

/// The OCSF 1.8.0 class of an event and what happened in its terms.
struct EventClass {
  Caption category;
  Caption of;  ///< the class itself
  Caption activity;
  const char* code = "";  ///< metadata.event_code

  [[nodiscard]] int type() const noexcept { return of.id * 100 + activity.id; }
};

/// How an event ended in OCSF's terms. `action` and `disposition` belong to the security_control
/// profile and are there for class 1002 alone.
struct EventJudgement {
  Caption severity;
  Caption status;
  std::optional<Caption> action;
  std::optional<Caption> disposition;
  bool alert = false;
};

inline constexpr int kKernelExtensionActivity = 1002;
inline constexpr int kAuthentication = 3002;
inline constexpr int kEntityManagement = 3004;
inline constexpr int kApplicationLifecycle = 6002;

EventClass classify(const Record& record) noexcept;
EventJudgement judge(const Record& record) noexcept;

/// "intent", "outcome", "refusal", "nothing_to_do", "authentication", "start", "stop", "recovery",
/// "policy", "clock", "retention", "sign_off": what stands as `unmapped.modgate.kind`.
const char* kind_word(RecordKind kind) noexcept;

/// What stands as `unmapped.modgate.request` of a load that was asked to unload first what is
/// loaded under the name; a plain load or unload has no such field.
inline constexpr std::string_view kReloadRequest = "reload";

/// The word of `outcome`; "unknown" where a crash swallowed it.
const char* outcome_word(const Record& record) noexcept;

}  // namespace modgate
