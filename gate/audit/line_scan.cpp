// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/line_scan.h"

#include <string.h>

#include <charconv>

#include "gate/audit/chain.h"

namespace modgate {
namespace {

constexpr std::string_view kPrev = R"("chain":{"prev":")";
constexpr std::string_view kSequence = R"("metadata":{"sequence":)";
/// Both stand so far from the end of a line at most, unless a host has very long names.
constexpr std::size_t kTailBytes = 2048;

/// What follows the first `mark`; empty where there is none.
std::string_view behind(std::string_view text, std::string_view mark) noexcept {
  const auto* const found =
      static_cast<const char*>(::memmem(text.data(), text.size(), mark.data(), mark.size()));
  if (found == nullptr) return {};
  return text.substr(static_cast<std::size_t>(found - text.data()) + mark.size());
}

}  // namespace

std::optional<ScannedLine> scan_line(std::string_view line) noexcept {
  if (!line.starts_with('{') || !line.ends_with('}')) return std::nullopt;
  if (line.size() > kTailBytes) line.remove_prefix(line.size() - kTailBytes);
  const std::string_view from_prev = behind(line, kPrev);
  if (from_prev.size() <= kChainStart.size()) return std::nullopt;
  ScannedLine scanned;
  scanned.prev = from_prev.substr(0, kChainStart.size());
  if (from_prev[kChainStart.size()] != '"') return std::nullopt;
  const std::string_view from_sequence = behind(from_prev, kSequence);
  const char* const end = from_sequence.data() + from_sequence.size();
  const auto parsed = std::from_chars(from_sequence.data(), end, scanned.sequence);
  if (parsed.ec != std::errc() || parsed.ptr == end || *parsed.ptr != ',') return std::nullopt;
  return scanned;
}

}  // namespace modgate
