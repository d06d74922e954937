// SPDX-License-Identifier: Apache-2.0
#include "gate/witness/witnessed_logs.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <vector>

#include "gate/witness/small_file.h"

namespace modgate {
namespace {

constexpr std::size_t kMostListBytes = std::size_t{16} * 1024 * 1024;
constexpr std::size_t kMostFiles = 65536;

Error at_line(const std::string& path, std::size_t line, const std::string& what) {
  return {Outcome::unavailable, path + ':' + std::to_string(line) + ": " + what};
}

/// The files of a list: itself, or the keys in a folder by name.
Result<std::vector<std::string>> files_of(const std::string& path) {
  std::error_code code;
  if (!std::filesystem::is_directory(path, code)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  std::filesystem::directory_iterator entry(path, code);
  for (; !code && entry != std::filesystem::directory_iterator(); entry.increment(code)) {
    if (entry->path().extension() != ".vkey") continue;
    if (files.size() == kMostFiles) return Error{Outcome::unavailable, path + ": too many files"};
    files.push_back(entry->path().string());
  }
  if (code) return Error{Outcome::unavailable, "cannot list " + path + ": " + code.message()};
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Status add_witnessed_logs(std::string_view text, const std::string& path, WitnessedLogs& logs) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    auto key = parse_verifier_key(line);
    if (!key) return at_line(path, number, key.error().message);
    if (key->type != SignatureType::ed25519) {
      return at_line(path, number, "this is the key of a witness, not of a log");
    }
    WitnessedLog& log = logs[key->name];
    log.origin = key->name;
    if (std::find(log.keys.begin(), log.keys.end(), *key) == log.keys.end()) {
      log.keys.push_back(std::move(*key));
    }
  }
  return Done{};
}

Result<WitnessedLogs> read_witnessed_logs(const std::string& path) {
  auto files = files_of(path);
  if (!files) return files.error();
  WitnessedLogs logs;
  for (const std::string& file : *files) {
    auto text = read_small_file(file, kMostListBytes);
    if (!text) return text.error();
    if (auto added = add_witnessed_logs(*text, file, logs); !added) return added.error();
  }
  if (logs.empty()) {
    return Error{Outcome::unavailable,
                 path + " names no log; put the line of a log's /etc/modgate/log.vkey there"};
  }
  return logs;
}

}  // namespace modgate
