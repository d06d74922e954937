// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/log_evidence.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "gate/audit/timestamp.h"
#include "gate/cli/admin/event_source.h"

namespace modgate {
namespace {

constexpr const char* kKey = "/etc/modgate/log.vkey";
constexpr std::size_t kKeyFileBytes = 4096;

Error cannot_open(const std::string& path, int code) {
  const std::string advice =
      code == EACCES ? "; members of the group modgate-audit may read the log" : "";
  return {Outcome::failed, "cannot open " + path + ": " + std::strerror(code) + advice, code};
}

/// The first line of a file with a key.
Result<VerifierKey> key_in_file(const std::string& path) {
  auto text = read_given_file(path, kKeyFileBytes);
  if (!text) return text.error();
  auto key = parse_verifier_key(text->substr(0, text->find('\n')));
  if (!key) return Error{Outcome::failed, path + ": " + key.error().message};
  return key;
}

}  // namespace

Result<Fd> open_log_to_read(const CommandLine& line) {
  const std::string path = line.given.contains("from") ? line.option("from") : kLogDirectory;
  Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return cannot_open(path, errno);
  return directory;
}

Result<std::optional<VerifierKey>> log_key_of(const CommandLine& line) {
  using Maybe = std::optional<VerifierKey>;
  if (!line.given.contains("key")) {
    auto key = key_in_file(kKey);
    if (!key && key.error().code == ENOENT) return Maybe();
    if (!key) return key.error();
    return Maybe(std::move(*key));
  }
  const std::string given = line.option("key");
  // A key holds two '+' and its id; a file that is called so can be written as ./FILE.
  auto key = parse_verifier_key(given);
  if (!key && (given.starts_with('/') || given.find('+') == std::string::npos ||
               given.starts_with("./") || given.starts_with("../"))) {
    key = key_in_file(given);
  }
  if (!key) return key.error();
  if (key->type != SignatureType::ed25519) {
    return Error{Outcome::usage, "--key is a log's key, and this is a witness's"};
  }
  return Maybe(std::move(*key));
}

Result<std::vector<VerifierKey>> witnesses_of(const CommandLine& line) {
  std::vector<VerifierKey> keys;
  for (const std::string& text : line.options("witness")) {
    auto key = parse_witness_key(text);
    if (!key) return Error{Outcome::usage, "--witness: " + key.error().message};
    keys.push_back(std::move(*key));
  }
  return keys;
}

Result<std::string> read_given_file(const std::string& path, std::size_t max_bytes) {
  Fd opened;
  int file = STDIN_FILENO;
  if (path != "-") {
    opened = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened) return cannot_open(path, errno);
    file = opened.get();
  }
  std::string text(max_bytes + 1, '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t got = ::read(file, text.data() + done, text.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_open(path, errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  if (done > max_bytes) return Error{Outcome::failed, path + " is too large for what it should be"};
  text.resize(done);
  return text;
}

Result<SignedCheckpoint> checkpoint_in(std::string_view text) {
  const std::string_view first = text.substr(0, text.find('\n'));
  if (parse_verifier_key(first)) text.remove_prefix(std::min(first.size() + 1, text.size()));
  return parse_signed_checkpoint(text);
}

std::string utc_text(std::uint64_t seconds) {
  constexpr std::uint64_t kLatest = 9'000'000'000;  // in nanoseconds, fits 63 bits
  if (seconds > kLatest) return std::to_string(seconds) + " s";
  const std::string text = rfc3339_utc(static_cast<std::int64_t>(seconds) * 1'000'000'000);
  return text.substr(0, text.find('.')) + 'Z';
}

}  // namespace modgate
