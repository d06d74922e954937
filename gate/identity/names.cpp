// SPDX-License-Identifier: Apache-2.0
#include "gate/identity/names.h"

#include <grp.h>
#include <limits.h>
#include <pwd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace modgate {
namespace {

constexpr std::size_t kFirstBuffer = 4096;
constexpr std::size_t kLargestBuffer = std::size_t{16} << 20U;  // a group lists all its members
constexpr std::size_t kLongestName = 256;                       // LOGIN_NAME_MAX

struct Account {
  std::string name;
  uid_t uid = static_cast<uid_t>(-1);
  gid_t gid = static_cast<gid_t>(-1);
};

/// getpwnam(3) and getgrgid(3) name these for "there is none", where other codes are failures.
bool means_none(int code) { return code == 0 || code == ENOENT || code == ESRCH; }

/// Runs one of the get*_r(3) calls with a buffer that grows while it is too small.
Result<bool> ask(const std::string& what,
                 const std::function<int(std::vector<char>&, bool&)>& call) {
  for (std::size_t size = kFirstBuffer; size <= kLargestBuffer; size *= 4) {
    std::vector<char> buffer(size);
    bool found = false;
    int code = call(buffer, found);
    while (code == EINTR) code = call(buffer, found);
    if (code == ERANGE) continue;
    if (found) return true;
    if (means_none(code)) return false;
    return Error{Outcome::unavailable, what + " cannot be looked up: " + std::strerror(code), code};
  }
  return Error{Outcome::unavailable, what + " is too long an entry", ERANGE};
}

/// `call` is getpwuid_r or getpwnam_r with its first argument.
Result<Account> look_up(const std::string& what,
                        const std::function<int(passwd*, std::vector<char>&, passwd**)>& call) {
  Account account;
  auto found = ask(what, [&](std::vector<char>& buffer, bool& is_there) {
    passwd entry = {};
    passwd* result = nullptr;
    const int code = call(&entry, buffer, &result);
    is_there = result != nullptr;
    if (is_there) account = {result->pw_name, result->pw_uid, result->pw_gid};
    return code;
  });
  if (!found) return found.error();
  if (!*found) return Error{Outcome::denied, what + " has no account here"};
  if (account.name.empty() || account.uid == static_cast<uid_t>(-1) ||
      account.gid == static_cast<gid_t>(-1)) {
    return Error{Outcome::denied, what + " has no sound account here"};
  }
  return account;
}

Result<Account> account_by_uid(uid_t uid) {
  const std::string what = "uid " + std::to_string(uid);
  if (uid == static_cast<uid_t>(-1)) return Error{Outcome::denied, what + " is nobody"};
  auto account = look_up(what, [uid](passwd* entry, std::vector<char>& buffer, passwd** result) {
    return ::getpwuid_r(uid, entry, buffer.data(), buffer.size(), result);
  });
  if (account && account->uid != uid) {
    return Error{Outcome::unavailable, what + " is answered with another account's entry"};
  }
  return account;
}

Result<Account> account_by_name(const std::string& user) {
  if (user.empty() || user.size() > kLongestName || user.find('\0') != std::string::npos) {
    return Error{Outcome::denied, "that is no user's name"};
  }
  return look_up("user " + user, [&](passwd* entry, std::vector<char>& buffer, passwd** result) {
    return ::getpwnam_r(user.c_str(), entry, buffer.data(), buffer.size(), result);
  });
}

Result<std::vector<gid_t>> group_ids(const Account& account) {
  std::vector<gid_t> groups(64);
  while (groups.size() <= NGROUPS_MAX) {
    int count = static_cast<int>(groups.size());
    if (::getgrouplist(account.name.c_str(), account.gid, groups.data(), &count) >= 0) {
      groups.resize(static_cast<std::size_t>(count));
      return groups;
    }
    groups.resize(groups.size() * 2);
  }
  return Error{Outcome::unavailable, "user " + account.name + " is in too many groups", E2BIG};
}

/// Empty where the group has no name.
Result<std::string> group_name(gid_t gid) {
  std::string name;
  auto found = ask("gid " + std::to_string(gid), [&](std::vector<char>& buffer, bool& is_there) {
    group entry = {};
    group* result = nullptr;
    const int code = ::getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &result);
    is_there = result != nullptr;
    if (is_there) name = result->gr_name;
    return code;
  });
  if (!found) return found.error();
  return name;
}

Result<Caller> with_groups(const Account& account, const Peer& peer) {
  auto ids = group_ids(account);
  if (!ids) return ids.error();
  Caller caller;
  caller.peer = peer;
  caller.user = account.name;
  for (const gid_t gid : *ids) {
    // A name that cannot be had now may be the one that a deny rule is for: that is no caller.
    auto name = group_name(gid);
    if (!name) return name.error();
    caller.groups.push_back({gid, std::move(*name)});
  }
  return caller;
}

}  // namespace

Result<Caller> look_up_names(const Peer& peer) {
  auto account = account_by_uid(peer.uid);
  if (!account) return account.error();
  return with_groups(*account, peer);
}

Result<Caller> look_up_account(const std::string& user) {
  auto account = account_by_name(user);
  if (!account) return account.error();
  Peer peer;
  peer.uid = account->uid;
  peer.gid = account->gid;
  return with_groups(*account, peer);
}

Result<ServiceAccount> look_up_service_account(const std::string& user) {
  auto account = account_by_name(user);
  if (!account) return account.error();
  if (account->uid == 0 || account->gid == 0) {
    return Error{Outcome::unavailable, "user " + user + " must not be root nor in root's group"};
  }
  return ServiceAccount{account->uid, account->gid};
}

}  // namespace modgate
