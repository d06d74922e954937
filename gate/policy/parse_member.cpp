// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/parse_member.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace modgate {
namespace {

/// Names from a directory service may have blanks inside: "domain users".
bool is_account_name(std::string_view text) {
  return !text.empty() && text.size() <= 256 && text.front() != ' ' && text.back() != ' ' &&
         std::none_of(text.begin(), text.end(), [](char byte) {
           return static_cast<unsigned char>(byte) < ' ' || byte == '\x7f' || byte == ':';
         });
}

}  // namespace

std::optional<Member> parse_member(const PlacedText& entry, ProblemList& problems) {
  Member member;
  member.file = problems.file();
  member.line = problems.line_of(entry.where);
  member.column = entry.where.column;
  const char first = entry.text.front();
  if (first == '#') {
    const std::string_view digits = std::string_view(entry.text).substr(1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), member.uid);
    // The highest uid means "no uid" (setresuid(2)).
    if (error != std::errc() || end != digits.data() + digits.size() || member.uid == UINT32_MAX) {
      problems.error(entry.where, "a member \"#uid\" has a number after the '#'");
      return std::nullopt;
    }
    member.kind = Member::Kind::uid;
    return member;
  }
  member.kind = first == '%' ? Member::Kind::group : Member::Kind::user;
  member.name = first == '%' ? entry.text.substr(1) : entry.text;
  if (!is_account_name(member.name)) {
    problems.error(entry.where, "a member is a user, a \"%group\" or a \"#uid\"");
    return std::nullopt;
  }
  return member;
}

}  // namespace modgate
