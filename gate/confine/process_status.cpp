// SPDX-License-Identifier: Apache-2.0
#include "gate/confine/process_status.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <optional>

namespace modgate {
namespace {

constexpr std::size_t kMaxStatusBytes = std::size_t{64} * 1024;

Error malformed(std::string_view line) {
  return {Outcome::unavailable, "/proc/self/status: " + std::string(line) + " is not readable"};
}

/// The text after "NAME:" on the only line of that name.
std::optional<std::string_view> only_line(std::string_view text, std::string_view name) {
  std::optional<std::string_view> found;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.size() <= name.size() || line.substr(0, name.size()) != name ||
        line[name.size()] != ':') {
      continue;
    }
    if (found) return std::nullopt;
    found = line.substr(name.size() + 1);
  }
  return found;
}

/// Numbers with blanks between them and nothing else.
std::optional<std::vector<std::uint64_t>> numbers(std::string_view text, int base) {
  std::vector<std::uint64_t> values;
  while (true) {
    const std::size_t start = text.find_first_not_of(" \t");
    if (start == std::string_view::npos) return values;
    text.remove_prefix(start);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty() && text.front() != ' ' && text.front() != '\t') return std::nullopt;
    values.push_back(value);
  }
}

bool take_number(std::string_view text, std::string_view name, int base, std::uint64_t& value) {
  const auto line = only_line(text, name);
  const auto values = line ? numbers(*line, base) : std::nullopt;
  if (!values || values->size() != 1) return false;
  value = values->front();
  return true;
}

bool take_ids(std::string_view text, std::string_view name, std::array<std::uint32_t, 4>& ids) {
  const auto line = only_line(text, name);
  const auto values = line ? numbers(*line, 10) : std::nullopt;
  if (!values || values->size() != ids.size()) return false;
  for (std::size_t at = 0; at < ids.size(); ++at) {
    if (values->at(at) > UINT32_MAX) return false;
    ids[at] = static_cast<std::uint32_t>(values->at(at));
  }
  return true;
}

bool take_groups(std::string_view text, std::vector<gid_t>& groups) {
  const auto line = only_line(text, "Groups");
  const auto values = line ? numbers(*line, 10) : std::nullopt;
  if (!values) return false;
  for (const std::uint64_t value : *values) {
    if (value > UINT32_MAX) return false;
    groups.push_back(static_cast<gid_t>(value));
  }
  return true;
}

}  // namespace

Result<ProcessStatus> parse_process_status(std::string_view text) {
  ProcessStatus status;
  if (!take_ids(text, "Uid", status.uids)) return malformed("Uid");
  if (!take_ids(text, "Gid", status.gids)) return malformed("Gid");
  if (!take_groups(text, status.groups)) return malformed("Groups");
  if (!take_number(text, "Threads", 10, status.threads)) return malformed("Threads");
  if (!take_number(text, "SigIgn", 16, status.signals_ignored)) return malformed("SigIgn");
  if (!take_number(text, "SigCgt", 16, status.signals_caught)) return malformed("SigCgt");
  if (!take_number(text, "CapInh", 16, status.inheritable)) return malformed("CapInh");
  if (!take_number(text, "CapPrm", 16, status.permitted)) return malformed("CapPrm");
  if (!take_number(text, "CapEff", 16, status.effective)) return malformed("CapEff");
  if (!take_number(text, "CapBnd", 16, status.bounding)) return malformed("CapBnd");
  if (!take_number(text, "CapAmb", 16, status.ambient)) return malformed("CapAmb");
  if (!take_number(text, "NoNewPrivs", 10, status.no_new_privs)) return malformed("NoNewPrivs");
  if (!take_number(text, "Seccomp", 10, status.seccomp)) return malformed("Seccomp");
  return status;
}

Result<ProcessStatus> read_process_status(int status_file) {
  std::string text(kMaxStatusBytes, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got =
        ::pread(status_file, text.data() + size, text.size() - size, static_cast<off_t>(size));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{Outcome::unavailable, "read(/proc/self/status)", errno};
    if (got == 0) {
      text.resize(size);
      return parse_process_status(text);
    }
    size += static_cast<std::size_t>(got);
  }
  return Error{Outcome::unavailable, "/proc/self/status is too long"};
}

Status require_same(const ProcessStatus& seen, const ProcessStatus& wanted) {
  const auto differs = [](const char* line) {
    return Error{Outcome::unavailable, std::string(line) + " is not what was asked of the kernel"};
  };
  if (seen.uids != wanted.uids) return differs("Uid");
  if (seen.gids != wanted.gids) return differs("Gid");
  if (seen.groups != wanted.groups) return differs("Groups");
  if (seen.threads != wanted.threads) return differs("Threads");
  if (seen.signals_ignored != wanted.signals_ignored) return differs("SigIgn");
  if (seen.signals_caught != wanted.signals_caught) return differs("SigCgt");
  if (seen.inheritable != wanted.inheritable) return differs("CapInh");
  if (seen.permitted != wanted.permitted) return differs("CapPrm");
  if (seen.effective != wanted.effective) return differs("CapEff");
  if (seen.bounding != wanted.bounding) return differs("CapBnd");
  if (seen.ambient != wanted.ambient) return differs("CapAmb");
  if (seen.no_new_privs != wanted.no_new_privs) return differs("NoNewPrivs");
  if (seen.seccomp != wanted.seccomp) return differs("Seccomp");
  return Done{};
}

}  // namespace modgate
