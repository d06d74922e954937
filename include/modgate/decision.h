// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "modgate/result.h"

namespace modgate {

/// Allow and deny lie 32 bits apart, and whatever is not exactly `allow` is no: a flipped bit in
/// memory cannot turn a refusal into a grant (CVE-2023-42465).
enum class Verdict : std::uint64_t {
  deny = 0x5a3cc3a5'69960ff0ULL,
  allow = 0xa5c33c5a'69960ff0ULL,
};

constexpr bool is_allowed(Verdict verdict) noexcept { return verdict == Verdict::allow; }

/// Where a rule stands.
struct RuleRef {
  std::string file;        ///< path of the policy file; empty: no rule, the implicit default
  std::uint32_t line = 0;  ///< of the rule's header, from 1
  std::string role;        ///< empty for a global deny

  /// "/etc/modgate/policy.toml:12", or empty where no rule stands behind it.
  [[nodiscard]] std::string text() const {
    return file.empty() ? std::string() : file + ':' + std::to_string(line);
  }
};

/// What the caller must still do before an allowed plan is carried out.
struct Asks {
  std::vector<std::string> pam_services;  ///< empty: no authentication; without doubles
  bool reason = false;                    ///< a rule asks for a reason
  bool reason_met = true;                 ///< the request's reason satisfies every rule that asks
  bool anchor = false;                    ///< a witness must acknowledge the intent first
};

/// The word on one module of the plan.
struct ModuleDecision {
  Verdict verdict = Verdict::deny;
  RuleRef rule;             ///< that decided; empty file: no rule matched, or none was needed
  std::string explanation;  ///< one sentence
};

/// The word on a whole plan. Its default is no.
struct [[nodiscard]] Decision {
  Verdict verdict = Verdict::deny;
  Outcome refusal =
      Outcome::denied;  ///< how a deny ends: denied, or rejected where only a pin fails
  RuleRef rule;         ///< behind the verdict; for an allow, of the driver
  Asks asks;
  std::vector<ModuleDecision> modules;  ///< one for each module of the plan, in its order
  std::string explanation;              ///< one sentence without a final period
  bool load_from_file = false;          ///< load_source = "file"
};

/// What decide() is told of the world, as data.
struct Circumstances {
  std::string host;                   ///< the kernel's nodename
  std::int64_t now = 0;               ///< seconds since the epoch
  int weekday = 0;                    ///< local: 0 Sunday to 6 Saturday
  int minute_of_day = 0;              ///< local: 0 to 1439
  std::int64_t local_seconds = 0;     ///< local civil time as if it were UTC, for dates
  std::vector<std::string> tickets;   ///< PAM services with a valid ticket for this caller
  std::optional<std::string> reason;  ///< that the request carries
};

}  // namespace modgate
