// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/rule_index.h"

#include <algorithm>
#include <string>

#include "gate/policy/module_name.h"
#include "gate/policy/policy.h"

namespace modgate {
namespace {

using Entries = std::vector<KeyIndex::Entry>;

/// Beginnings of globs are looked up by at most this many characters.
constexpr std::size_t kLongestBeginning = 63;

std::uint64_t kind_of(Member::Kind kind) { return static_cast<std::uint64_t>(kind); }

std::uint64_t member_key(const Member& member) {
  if (member.kind == Member::Kind::uid)
    return key_of(kind_of(member.kind), std::to_string(member.uid));
  return key_of(kind_of(member.kind), member.name);
}

bool is_member(const Member& member, const Caller& caller) {
  switch (member.kind) {
    case Member::Kind::user:
      return !caller.user.empty() && member.name == caller.user;
    case Member::Kind::group:
      // A gid without a name has an empty one, which no member can have.
      return std::any_of(caller.groups.begin(), caller.groups.end(), [&](const Group& group) {
        return !group.name.empty() && group.name == member.name;
      });
    case Member::Kind::uid:
      return caller.peer.uid == member.uid;
  }
  return false;
}

std::vector<std::uint64_t> keys_of(const Caller& caller) {
  std::vector<std::uint64_t> keys = {
      key_of(kind_of(Member::Kind::user), caller.user),
      key_of(kind_of(Member::Kind::uid), std::to_string(caller.peer.uid))};
  for (const Group& group : caller.groups) {
    keys.push_back(key_of(kind_of(Member::Kind::group), group.name));
  }
  return keys;
}

void keep_each_once(std::vector<std::uint32_t>& numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

/// Keys may coincide: only what is of the role counts.
void append(std::vector<RuleNumber>& found, const KeyIndex& index, std::uint64_t key,
            RoleNumber role, const std::vector<Rule>& rules) {
  for (const KeyIndex::Entry& entry : index.find(key)) {
    if (rules[entry.value].role == role) found.push_back(entry.value);
  }
}

}  // namespace

RuleIndex::RuleIndex(const std::vector<Role>& roles, const std::vector<Rule>& rules) {
  add_members(roles);
  Entries of_role;
  Entries by_name;
  Entries by_beginning;
  of_role.reserve(rules.size());
  by_name.reserve(rules.size());
  for (RuleNumber number = 0; number < rules.size(); ++number) {
    const Rule& rule = rules[number];
    of_role.push_back({key_of(rule.role, ""), number});
    if (rule.modules.empty()) by_beginning.push_back({key_of(rule.role, ""), number});
    for (const Glob& glob : rule.modules) {
      const std::string name = canonical_name(glob.pattern());
      if (glob.is_literal()) {
        by_name.push_back({key_of(rule.role, name), number});
        continue;
      }
      const std::size_t length = std::min(glob.literal_length(), kLongestBeginning);
      by_beginning.push_back({key_of(rule.role, std::string_view(name).substr(0, length)), number});
      lengths_ |= std::uint64_t{1} << length;
    }
  }
  of_role_ = KeyIndex(std::move(of_role));
  by_name_ = KeyIndex(std::move(by_name));
  by_beginning_ = KeyIndex(std::move(by_beginning));
}

void RuleIndex::add_members(const std::vector<Role>& roles) {
  Entries entries;
  for (RoleNumber role = 0; role < roles.size(); ++role) {
    const std::vector<Member>& members = roles[role].members;
    for (std::uint32_t member = 0; member < members.size(); ++member) {
      entries.push_back({member_key(members[member]), static_cast<std::uint32_t>(places_.size())});
      places_.push_back({role, member});
    }
  }
  places_.shrink_to_fit();
  members_ = KeyIndex(std::move(entries));
}

std::vector<RoleNumber> RuleIndex::roles_of(const std::vector<Role>& roles,
                                            const Caller& caller) const {
  std::vector<RoleNumber> found;
  for (const std::uint64_t key : keys_of(caller)) {
    for (const KeyIndex::Entry& entry : members_.find(key)) {
      const Place& place = places_[entry.value];
      if (is_member(roles[place.role].members[place.member], caller)) found.push_back(place.role);
    }
  }
  keep_each_once(found);
  return found;
}

std::vector<RuleNumber> RuleIndex::rules_of(const std::vector<Rule>& rules,
                                            const std::vector<RoleNumber>& roles) const {
  std::vector<RuleNumber> found;
  append(found, of_role_, key_of(kNoRole, ""), kNoRole, rules);
  for (const RoleNumber role : roles) append(found, of_role_, key_of(role, ""), role, rules);
  keep_each_once(found);
  return found;
}

std::vector<RuleNumber> RuleIndex::rules_about(const std::vector<Rule>& rules,
                                               const std::vector<RoleNumber>& roles,
                                               std::string_view module) const {
  std::vector<RuleNumber> found;
  const auto look_in = [&](RoleNumber role) {
    append(found, by_name_, key_of(role, module), role, rules);
    append(found, by_beginning_, key_of(role, ""), role, rules);
    const std::size_t longest = std::min(module.size(), kLongestBeginning);
    for (std::size_t length = 1; length <= longest; ++length) {
      if ((lengths_ >> length & 1U) == 0) continue;
      append(found, by_beginning_, key_of(role, module.substr(0, length)), role, rules);
    }
  };
  look_in(kNoRole);
  for (const RoleNumber role : roles) look_in(role);
  keep_each_once(found);
  return found;
}

}  // namespace modgate
