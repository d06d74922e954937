// SPDX-License-Identifier: Apache-2.0
#include "pam/service_file.h"

#include "catch.h"

using namespace modgate;
using Catch::Matchers::ContainsSubstring;

namespace {

/// "auth pam_unix.so nullok" or "include auth common", one for each line.
std::vector<std::string> lines(const std::string& text) {
  const auto parsed = parse_pam_service(text, "file");
  if (!parsed) return {"refused: " + parsed.error().message};
  const char* const types[] = {"any", "auth", "account", "password", "session"};
  std::vector<std::string> found;
  for (const PamLine& line : *parsed) {
    std::string shown = line.kind == PamLine::Kind::include ? "include " : "";
    shown += std::string(types[static_cast<std::size_t>(line.type)]) + ' ' + line.target;
    for (const std::string& argument : line.arguments) shown += ' ' + argument;
    found.push_back(shown + " @" + std::to_string(line.number));
  }
  return found;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("Lines of a PAM service are read as libpam reads them") {
  CHECK(lines("") == Lines{});
  CHECK(lines("# only a comment\n\n   \t\n") == Lines{});
  CHECK(lines("auth required pam_unix.so") == Lines{"auth pam_unix.so @1"});
  CHECK(lines("\n  AUTH\tRequired\tpam_unix.so  nullok   try_first_pass # why\n") ==
        Lines{"auth pam_unix.so nullok try_first_pass @2"});
  CHECK(lines("-session optional pam_systemd.so\n") == Lines{"session pam_systemd.so @1"});
  CHECK(lines("auth [success=1 default=ignore] pam_unix.so nullok\naccount required x.so\n") ==
        Lines{"auth pam_unix.so nullok @1", "account x.so @2"});
  CHECK(lines("auth [success=1]pam_a.so") == Lines{"auth pam_a.so @1"});
  CHECK(lines("auth required pam_a.so [one word] [with \\] in it] last") ==
        Lines{"auth pam_a.so one word with ] in it last @1"});
  CHECK(lines("auth required \\\n  pam_unix.so \\\n nullok\naccount required b.so") ==
        Lines{"auth pam_unix.so nullok @1", "account b.so @4"});
  CHECK(lines("@include common-auth\n@INCLUDE /abs/file\n") ==
        Lines{"include any common-auth @1", "include any /abs/file @2"});
  CHECK(lines("auth include system-auth\naccount SUBSTACK other\n") ==
        Lines{"include auth system-auth @1", "include account other @2"});
}

TEST_CASE("What libpam fails on, or its versions read differently, is refused with its line") {
  for (const auto& [text, where] : std::vector<std::pair<std::string, std::string>>{
           {"\nauthentication required pam_unix.so", "file:2:"},
           {"auth", "file:1:"},
           {"auth required", "file:1:"},
           {"auth include", "file:1:"},
           {"@include", "file:1:"},
           {"@include a b", "file:1:"},
           {"auth [success=1 default=ignore", "file:1:"},
           {"auth sufficient \\\n# comment\npam_rootok.so", "file:2:"},
           {"auth sufficient \\\n\npam_rootok.so", "file:2:"},
           {"auth sufficient \\ # comment\npam_rootok.so", "file:1:"},
           {"auth required pam_unix.so \\", "file:1:"},
           {std::string("auth required pam_unix.so\0x", 27), "file:1:"}}) {
    CAPTURE(text);
    const auto parsed = parse_pam_service(text, "file");
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().outcome == Outcome::unavailable);
    CHECK_THAT(parsed.error().message, ContainsSubstring(where));
  }
}
