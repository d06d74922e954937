// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "catch.h"
#include "gate/confine/capabilities.h"
#include "gate/confine/compartment.h"
#include "gate/confine/house.h"
#include "modgate/handle.h"

namespace modgate::sample {

/// Accounts that nobody has: a process needs no name to have a uid.
inline Accounts accounts_of_a_test() {
  Accounts accounts;
  accounts.loader = {61001, 61001};
  accounts.inspect = {61002, 61002};
  accounts.front = {61003, 61003};
  accounts.audit = {61004, 61004};
  return accounts;
}

/// Every profile of the house.
inline std::vector<Profile> house_of_a_test() {
  const Accounts accounts = accounts_of_a_test();
  return {session_profile(),           front_profile(accounts),        recorder_profile(accounts),
          inspector_profile(accounts), unpacker_profile(accounts),     loader_profile(accounts),
          reader_profile(accounts),    authenticator_profile(accounts)};
}

/// Sanitizers ask the kernel for more than an allow-list lets through: theirs is the floor.
inline Profile adapted(Profile profile) {
#if defined(__SANITIZE_ADDRESS__)
  profile.filter = Filter::floor;
  profile.max_memory = 0;
#endif
  return profile;
}

/// Descriptors as a profile names them, and one more where it takes any number.
class GivenByATest {
 public:
  explicit GivenByATest(const Profile& profile) {
    for (const Given kind : profile.given) add(kind);
    if (profile.then_any_number_of) add(*profile.then_any_number_of);
  }
  [[nodiscard]] const std::vector<int>& descriptors() const noexcept { return descriptors_; }

  void add(Given kind) {
    owned_.emplace_back(kind == Given::channel ? ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)
                                               : ::memfd_create("image", MFD_CLOEXEC));
    REQUIRE(owned_.back());
    descriptors_.push_back(owned_.back().get());
  }

 private:
  std::vector<Fd> owned_;
  std::vector<int> descriptors_;
};

/// How it ends, which is waited for.
inline Ending end_of(Compartment& child) {
  pollfd ended = {child.pidfd(), POLLIN, 0};
  REQUIRE(::poll(&ended, 1, 20'000) == 1);
  auto ending = child.reap();
  REQUIRE(ending);
  return *ending;
}

/// Whether this process has what a listener needs to confine others.
inline bool can_confine() {
  for (const cap_value_t needed :
       {CAP_SETUID, CAP_SETGID, CAP_SETPCAP, CAP_SYS_MODULE, CAP_AUDIT_WRITE}) {
    auto permitted = is_permitted(needed);
    if (permitted && *permitted) continue;
    WARN("SKIPPED: only root can confine a process");
    return false;
  }
  return true;
}

}  // namespace modgate::sample
