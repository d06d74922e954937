// SPDX-License-Identifier: Apache-2.0
#include "gate/review/cursor.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "gate/audit/chain.h"
#include "gate/audit/log_directory.h"
#include "gate/review/log_stream.h"
#include "gate/review/replace_file.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostBytes = std::size_t{4} << 20U;
constexpr int kCursorVersion = 1;

Error failed(const std::string& path, int code) {
  return {Outcome::failed, path + ": " + std::strerror(code), code};
}

/// What a log is called in the file, wherever one stands when exporting.
std::string name_of_log(const OpenLog& log) {
  const CHandle<char, ::free> real(::realpath(log.path.c_str(), nullptr));
  return real == nullptr ? log.path : std::string(real.get());
}

/// The whole file; empty where there is none.
Result<std::string> read_whole(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) {
    if (errno == ENOENT) return std::string();
    return failed(path, errno);
  }
  std::string text(kMostBytes + 1, '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + done, text.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path, errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  if (done > kMostBytes) return Error{Outcome::failed, path + " is too long for a cursor"};
  text.resize(done);
  return text;
}

/// The digest of the line that ends at `position`; empty where none does.
Result<std::string> digest_before(const OpenLog& log, const LogPosition& position) {
  if (position.offset == 0) return std::string();
  auto file = open_segment(log.directory.get(), segment_name(position.segment), O_RDONLY);
  if (!file) {
    if (file.error().code == ENOENT) return std::string();
    return file.error();
  }
  struct stat state = {};
  if (::fstat(file->get(), &state) != 0) return failed(log.path, errno);
  if (static_cast<std::uint64_t>(state.st_size) < position.offset) return std::string();
  char last = '\0';
  if (::pread(file->get(), &last, 1, static_cast<off_t>(position.offset - 1)) != 1 ||
      last != '\n') {
    return std::string();
  }
  BackwardReader lines(std::move(*file), position.offset);
  std::string_view line;
  auto more = lines.next(line);
  if (!more) return more.error();
  return *more ? chain_hash(line) : std::string();
}

struct Saved {
  LogPosition position;
  std::string digest;
};

std::optional<Saved> saved_from(const Json& one) {
  if (!one.is_object() || !one.contains("segment") || !one.contains("offset") ||
      !one.contains("line") || !one["segment"].is_number_unsigned() ||
      !one["offset"].is_number_unsigned() || !one["line"].is_string()) {
    return std::nullopt;
  }
  return Saved{{one["segment"].get<std::uint64_t>(), one["offset"].get<std::uint64_t>()},
               one["line"].get<std::string>()};
}

Result<std::map<std::string, Saved>> parse(const std::string& text, const std::string& path) {
  const Error malformed{Outcome::failed, path +
                                             " is no cursor; to export from the beginning, "
                                             "remove it"};
  std::map<std::string, Saved> saved;
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object() || json.value("cursor", 0) != kCursorVersion ||
      !json.contains("logs") || !json["logs"].is_object()) {
    return malformed;
  }
  for (const auto& [name, one] : json["logs"].items()) {
    auto entry = saved_from(one);
    if (!entry) return malformed;
    saved.emplace(name, std::move(*entry));
  }
  return saved;
}

}  // namespace

Result<std::vector<LogPosition>> ReviewCursor::load(const std::vector<OpenLog>& logs) const {
  auto text = read_whole(path_);
  if (!text) return text.error();
  std::vector<LogPosition> positions(logs.size());
  if (text->empty()) return positions;
  auto saved = parse(*text, path_);
  if (!saved) return saved.error();
  for (std::size_t at = 0; at < logs.size(); ++at) {
    const auto found = saved->find(name_of_log(logs[at]));
    if (found == saved->end()) continue;
    auto digest = digest_before(logs[at], found->second.position);
    if (!digest) return digest.error();
    if (*digest != found->second.digest) {
      return Error{Outcome::failed,
                   logs[at].path + " is not the log that " + path_ +
                       " was made of: the record that was exported last is not there any more; "
                       "see: modgate log verify. To export from the beginning, remove " +
                       path_};
    }
    positions[at] = found->second.position;
  }
  return positions;
}

Status ReviewCursor::store(const std::vector<OpenLog>& logs,
                           const std::vector<LogPosition>& positions) const {
  auto text = read_whole(path_);
  if (!text) return text.error();
  // Logs that were not asked for this time keep their place.
  Json json;
  if (!text->empty()) json = Json::parse(*text, nullptr, false);
  if (!json.is_object()) json = Json::object();
  json["cursor"] = kCursorVersion;
  if (!json["logs"].is_object()) json["logs"] = Json::object();
  for (std::size_t at = 0; at < logs.size(); ++at) {
    auto digest = digest_before(logs[at], positions[at]);
    if (!digest) return digest.error();
    Json one;
    one["segment"] = positions[at].segment;
    one["offset"] = positions[at].offset;
    one["line"] = *digest;
    json["logs"][name_of_log(logs[at])] = std::move(one);
  }
  return replace_file(path_, json.dump(1, ' ', true, Json::error_handler_t::replace) + '\n');
}

}  // namespace modgate
