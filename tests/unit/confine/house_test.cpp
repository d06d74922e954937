// SPDX-License-Identifier: Apache-2.0
// The profiles, and what SECURITY.md says of them.
#include "gate/confine/house.h"

#include <sys/capability.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "catch.h"
#include "modgate/handle.h"

using namespace modgate;

namespace {

constexpr Account kLoader{11, 12};
constexpr Account kInspect{21, 22};
constexpr Account kFront{31, 32};
constexpr Account kAudit{41, 42};

Accounts accounts_with(bool closed_shadow) {
  Accounts accounts;
  accounts.loader = kLoader;
  accounts.inspect = kInspect;
  accounts.front = kFront;
  accounts.audit = kAudit;
  accounts.closed_shadow = closed_shadow;
  return accounts;
}

std::vector<Profile> children_of_session(const Accounts& accounts) {
  return {front_profile(accounts),  inspector_profile(accounts), unpacker_profile(accounts),
          loader_profile(accounts), reader_profile(accounts),    authenticator_profile(accounts)};
}

std::string words_for(const std::vector<cap_value_t>& capabilities) {
  if (capabilities.empty()) return "none";
  std::string words;
  for (const cap_value_t capability : capabilities) {
    const CHandle<char, cap_free> name(::cap_to_name(capability));
    std::string upper = name.get();
    for (char& letter : upper) letter = static_cast<char>(std::toupper(letter));
    words += (words.empty() ? "`" : ", `") + upper + "`";
  }
  return words;
}

std::string words_for(uid_t uid, gid_t gid) {
  const std::map<uid_t, std::string> users = {{0, "root"},
                                              {kLoader.uid, "`modgate`"},
                                              {kInspect.uid, "`modgate-inspect`"},
                                              {kFront.uid, "`modgate-front`"},
                                              {kAudit.uid, "`modgate-audit`"}};
  const std::map<gid_t, uid_t> own_groups = {{0, 0},
                                             {kLoader.gid, kLoader.uid},
                                             {kInspect.gid, kInspect.uid},
                                             {kFront.gid, kFront.uid},
                                             {kAudit.gid, kAudit.uid}};
  const uid_t of_group = own_groups.at(gid);
  return users.at(uid) + (of_group == uid ? "" : " with the group " + users.at(of_group));
}

/// The second column of the table "What must be trusted", by the process in the first.
std::map<std::string, std::string> told_of_processes() {
  std::map<std::string, std::string> told;
  std::ifstream text(MODGATE_SOURCE_DIR "/SECURITY.md");
  for (std::string line; std::getline(text, line);) {
    std::istringstream row(line);
    std::string cell;
    std::string names;
    std::string second;
    if (!std::getline(row, cell, '|') || !std::getline(row, names, '|') ||
        !std::getline(row, second, '|')) {
      continue;
    }
    std::istringstream processes(names);
    for (std::string name; processes >> name;) {
      if (name.back() == ',') name.pop_back();
      told[name] = second.substr(1, second.size() - 2);
    }
  }
  return told;
}

}  // namespace

TEST_CASE("SECURITY.md says of every process what its profile says") {
  const Accounts accounts = accounts_with(false);
  const auto told = told_of_processes();
  std::vector<Profile> profiles = children_of_session(accounts);
  profiles.push_back(recorder_profile(accounts));
  for (const Profile& profile : profiles) {
    if (profile.name == "authenticator") continue;
    INFO(profile.name);
    REQUIRE(told.contains(profile.name));
    CHECK(told.at(profile.name) ==
          words_for(profile.uid, profile.gid) + ", " + words_for(profile.keep));
  }
  CHECK(told.at("authenticator") == words_for(0, 0) + ", " +
                                        words_for(authenticator_profile(accounts).keep) +
                                        "; where `/etc/shadow` has mode 0000: " +
                                        words_for(authenticator_profile(accounts_with(true)).keep));
  CHECK(told.at("listener") == words_for(0, 0) + "; permitted " + words_for(needed_by_listener()) +
                                   ", and what the authenticator is given; none effective");
  CHECK(told.at("session") == "root, as the listener");
}

TEST_CASE("the listener has no capability but those of its children and those that make them") {
  for (const bool closed_shadow : {false, true}) {
    const Accounts accounts = accounts_with(closed_shadow);
    std::vector<cap_value_t> held = needed_by_listener();
    const auto handed_on = handed_on_by_listener(accounts);
    held.insert(held.end(), handed_on.begin(), handed_on.end());
    const std::vector<cap_value_t> makes_processes = {CAP_SETUID, CAP_SETGID, CAP_SETPCAP,
                                                      CAP_KILL};
    std::vector<cap_value_t> needed = makes_processes;
    for (const Profile& profile : children_of_session(accounts)) {
      needed.insert(needed.end(), profile.keep.begin(), profile.keep.end());
    }
    std::sort(held.begin(), held.end());
    std::sort(needed.begin(), needed.end());
    CHECK(held == needed);
    CHECK(handed_on.size() == (closed_shadow ? 2 : 0));
  }
}

TEST_CASE("only the listener's own kind goes without an allow-list, and only PAM's may fork") {
  const Accounts accounts = accounts_with(true);
  std::vector<Profile> profiles = children_of_session(accounts);
  profiles.push_back(recorder_profile(accounts));
  for (const Profile& profile : profiles) {
    INFO(profile.name);
    const bool is_authenticator = profile.name == "authenticator";
    CHECK((profile.uid == 0) == is_authenticator);
    CHECK((profile.filter == Filter::floor) == is_authenticator);
    CHECK(profile.may_fork == is_authenticator);
    CHECK(profile.groups.empty());
    CHECK_FALSE(profile.keeps_parent_capabilities);
    // The session ends an authenticator itself; the recorder lives as long as the listener.
    const bool has_no_deadline = is_authenticator || profile.name == "recorder";
    CHECK((profile.deadline.count() == 0) == has_no_deadline);
    // What the recorder cannot write into the log it tells the journal.
    CHECK(profile.keeps_stderr == (profile.name == "recorder"));
  }
}
