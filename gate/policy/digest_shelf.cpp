// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/digest_shelf.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "gate/policy/text_limits.h"

namespace modgate {
namespace {

constexpr std::size_t kHexDigits = 64;
/// With the longest path that Linux has.
constexpr std::size_t kLongestLine = kHexDigits + 2 + 4096;

bool is_control(char byte) { return (byte >= '\0' && byte < ' ') || byte == '\x7f'; }

/// "9f86…0a08  mydrv.ko" or, read in binary mode, "9f86…0a08 *mydrv.ko".
std::optional<Digest> digest_in(std::string_view line) {
  if (line.size() <= kHexDigits + 2 || line.size() > kLongestLine) return std::nullopt;
  if (line[kHexDigits] != ' ') return std::nullopt;
  if (line[kHexDigits + 1] != ' ' && line[kHexDigits + 1] != '*') return std::nullopt;
  if (std::any_of(line.begin(), line.end(), is_control)) return std::nullopt;
  return digest_of_hex(line.substr(0, kHexDigits));
}

bool says_nothing(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(" \t");
  return begin == std::string_view::npos || line[begin] == '#';
}

std::vector<Digest> digests_in(std::string_view text, ProblemList& problems) {
  std::vector<Digest> digests;
  for (std::uint32_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (says_nothing(line)) continue;
    if (const auto digest = digest_in(line)) {
      digests.push_back(*digest);
      continue;
    }
    problems.error({number, 1},
                   "a line has 64 hex digits, a blank, another one or '*', and the name of a file, "
                   "as sha256sum writes it");
    if (problems.is_full()) break;
  }
  return digests;
}

bool has_errors(const std::vector<Problem>& problems, std::size_t from) {
  return std::any_of(problems.begin() + static_cast<std::ptrdiff_t>(from), problems.end(),
                     [](const Problem& problem) { return problem.is_error; });
}

}  // namespace

DigestShelf::Entry DigestShelf::read(const std::string& path) {
  if (!read_) return {nullptr, path + " cannot be read here"};
  const auto text = read_(path);
  if (!text) return {nullptr, text.error().message};
  if (text->size() > kMostDigestText - text_bytes_) {
    return {nullptr, "the lists of digests are larger than 16 MiB"};
  }
  text_bytes_ += text->size();
  ProblemList problems(path, problems_);
  // Where no more errors are kept, the policy has enough of them.
  const std::size_t before = problems_.size();
  std::vector<Digest> digests = digests_in(*text, problems);
  if (has_errors(problems_, before)) return {};
  // A list that pins nothing would not restrict the rule.
  if (digests.empty()) return {nullptr, path + " has no digest"};
  return {std::make_shared<const DigestList>(std::move(digests)), {}};
}

std::shared_ptr<const DigestList> DigestShelf::get(const std::string& path,
                                                   const toml::source_position& where,
                                                   ProblemList& problems) {
  auto known = entries_.find(path);
  if (known == entries_.end()) known = entries_.emplace(path, read(path)).first;
  const Entry& entry = known->second;
  if (!entry.trouble.empty()) problems.error(where, "'sha256_file': " + entry.trouble);
  return entry.list;
}

}  // namespace modgate
