// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/known_names.h"

#include <grp.h>
#include <pwd.h>

#include <cerrno>

namespace modgate {
namespace {

/// "Not found" leaves errno alone or sets one of these (getpwnam(3)).
bool says_unknown(int code) {
  return code == 0 || code == ENOENT || code == ESRCH || code == EBADF || code == EPERM;
}

bool is_known_user(const std::string& name) {
  errno = 0;
  return ::getpwnam(name.c_str()) != nullptr || !says_unknown(errno);
}

bool is_known_group(const std::string& name) {
  errno = 0;
  return ::getgrnam(name.c_str()) != nullptr || !says_unknown(errno);
}

}  // namespace

KnownNames known_names(const std::vector<Member>& members) {
  KnownNames known;
  for (const Member& member : members) {
    if (member.kind == Member::Kind::user && is_known_user(member.name)) {
      known.users.insert(member.name);
    }
    if (member.kind == Member::Kind::group && is_known_group(member.name)) {
      known.groups.insert(member.name);
    }
  }
  return known;
}

}  // namespace modgate
