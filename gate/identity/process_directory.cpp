// SPDX-License-Identifier: Apache-2.0
#include "gate/identity/process_directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string_view>

namespace modgate {
namespace {

/// Of status only the head is of interest; stat, loginuid and sessionid are shorter.
constexpr std::size_t kMostBytes = 4096;

/// The unsigned decimal number at the start of `text`.
std::optional<std::uint32_t> leading_number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc{} ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<ProcessDirectory> ProcessDirectory::open(pid_t pid) {
  if (pid <= 0) return std::nullopt;
  const std::string path = "/proc/" + std::to_string(pid);
  Fd directory(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return std::nullopt;
  return ProcessDirectory(std::move(directory), pid);
}

std::optional<std::string> ProcessDirectory::read(const char* name) const {
  const Fd file(::openat(directory_.get(), name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return std::nullopt;
  std::array<char, kMostBytes> bytes;
  ssize_t got = 0;
  // proc gives all of a small file in one go.
  do {
    got = ::read(file.get(), bytes.data(), bytes.size());
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return std::nullopt;
  return std::string(bytes.data(), static_cast<std::size_t>(got));
}

std::optional<ProcessStat> ProcessDirectory::stat() const {
  const auto text = read("stat");
  if (!text) return std::nullopt;
  auto stat = parse_process_stat(*text);
  return stat && stat->pid == pid_ ? stat : std::nullopt;
}

std::optional<uid_t> ProcessDirectory::effective_uid() const {
  const auto text = read("status");
  if (!text) return std::nullopt;
  // The name stands before this line, but the kernel escapes line ends there (task_state in
  // fs/proc/array.c).
  constexpr std::string_view kKey = "\nUid:\t";
  const std::size_t line = text->find(kKey);
  if (line == std::string::npos) return std::nullopt;
  const std::size_t effective = text->find('\t', line + kKey.size());
  if (effective == std::string::npos) return std::nullopt;
  return leading_number(std::string_view(*text).substr(effective + 1));
}

std::optional<std::uint32_t> ProcessDirectory::audit_id(const char* name) const {
  constexpr std::uint32_t kNoId = 0xffffffffU;
  const auto text = read(name);
  if (!text) return std::nullopt;
  const auto value = leading_number(*text);
  return value && *value != kNoId ? value : std::nullopt;
}

}  // namespace modgate
