// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gate/policy/pattern_shelf.h"
#include "gate/policy/policy.h"
#include "gate/policy/table_reader.h"

namespace modgate {

/// What one file's `[defaults]` says; what it leaves out has no value.
struct WrittenDefaults {
  std::optional<bool> authenticate;
  std::optional<std::string> pam_service;
  std::optional<ReasonRule> reason;
  std::optional<std::chrono::seconds> ticket;
  std::optional<bool> lists_dependencies;
  std::optional<bool> loads_from_file;
  std::optional<std::string> linux_audit;
  std::optional<bool> anchor;
  std::optional<std::uint64_t> max_module_bytes;
};

WrittenDefaults parse_defaults(const toml::table& table, PatternShelf& patterns,
                               ProblemList& problems);

/// `reason`, in defaults and rules: true, false or a pattern.
std::optional<ReasonRule> parse_reason(TableReader& reader, PatternShelf& patterns);

/// `pam_service`, in defaults and rules: the name of a file in /etc/pam.d.
std::optional<std::string> parse_pam_service(TableReader& reader);

/// "90s", "5m", "8h" or "0", at most a day.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

/// Bytes, or with K, M or G for powers of 1024.
std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace modgate
