// SPDX-License-Identifier: Apache-2.0
#include "gate/confine/capabilities.h"

#include <fcntl.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "gate/confine/process_status.h"
#include "modgate/handle.h"

namespace modgate {
namespace {

using CapabilitySets = CHandle<_cap_struct, cap_free>;
using CapabilityName = CHandle<char, cap_free>;

constexpr unsigned long kListenerSecurebits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED |
                                              SECBIT_NO_CAP_AMBIENT_RAISE |
                                              SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

Error capability_error(const char* call) { return {Outcome::unavailable, call, errno}; }

bool contains(const std::vector<cap_value_t>& set, cap_value_t capability) {
  return std::find(set.begin(), set.end(), capability) != set.end();
}

bool set_flag(cap_t sets, cap_flag_t flag, const std::vector<cap_value_t>& capabilities,
              cap_flag_value_t value) {
  // libcap refuses an empty list.
  return capabilities.empty() || ::cap_set_flag(sets, flag, static_cast<int>(capabilities.size()),
                                                capabilities.data(), value) == 0;
}

Status change_effective(const std::vector<cap_value_t>& capabilities, cap_flag_value_t value) {
  if (capabilities.empty()) return Done{};
  const CapabilitySets sets(::cap_get_proc());
  if (sets == nullptr) return capability_error("cap_get_proc()");
  if (!set_flag(sets.get(), CAP_EFFECTIVE, capabilities, value))
    return capability_error("cap_set_flag()");
  if (::cap_set_proc(sets.get()) != 0) return capability_error("cap_set_proc()");
  return Done{};
}

Status prove_listener(const std::vector<cap_value_t>& kept) {
  const Fd status_file(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  if (!status_file) return capability_error("open(/proc/self/status)");
  auto seen = read_process_status(status_file.get());
  if (!seen) return seen.error();
  ProcessStatus wanted = *seen;
  wanted.uids = {0, 0, 0, 0};
  // Capabilities belong to a thread: another one would still have them all.
  wanted.threads = 1;
  wanted.inheritable = wanted.effective = wanted.ambient = 0;
  wanted.permitted = wanted.bounding = capability_mask(kept);
  wanted.no_new_privs = 1;
  if (auto same = require_same(*seen, wanted); !same) return same;
  const int securebits = ::prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
  if (securebits < 0) return capability_error("prctl(PR_GET_SECUREBITS)");
  if ((static_cast<unsigned long>(securebits) & kListenerSecurebits) != kListenerSecurebits) {
    return Error{Outcome::unavailable, "securebits are not what was asked of the kernel"};
  }
  if (::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return Error{Outcome::unavailable, "the process is still dumpable"};
  }
  return Done{};
}

}  // namespace

std::uint64_t capability_mask(const std::vector<cap_value_t>& capabilities) noexcept {
  std::uint64_t mask = 0;
  for (const cap_value_t capability : capabilities) mask |= 1ULL << capability;
  return mask;
}

Result<bool> is_permitted(cap_value_t capability) {
  const CapabilitySets sets(::cap_get_proc());
  if (sets == nullptr) return capability_error("cap_get_proc()");
  cap_flag_value_t value = CAP_CLEAR;
  if (::cap_get_flag(sets.get(), capability, CAP_PERMITTED, &value) != 0) {
    return capability_error("cap_get_flag()");
  }
  return value == CAP_SET;
}

Status set_capabilities(const std::vector<cap_value_t>& permitted,
                        const std::vector<cap_value_t>& effective) {
  const CapabilitySets sets(::cap_init());
  if (sets == nullptr) return capability_error("cap_init()");
  if (!set_flag(sets.get(), CAP_PERMITTED, permitted, CAP_SET) ||
      !set_flag(sets.get(), CAP_EFFECTIVE, effective, CAP_SET)) {
    return capability_error("cap_set_flag()");
  }
  if (::cap_set_proc(sets.get()) != 0) return capability_error("cap_set_proc()");
  return Done{};
}

Status limit_bounding_set(const std::vector<cap_value_t>& keep) {
  // The kernel says how many there are: a list typed here would miss those to come.
  for (cap_value_t capability = 0; capability < ::cap_max_bits(); ++capability) {
    if (!contains(keep, capability) && ::cap_drop_bound(capability) != 0) {
      return capability_error("prctl(PR_CAPBSET_DROP)");
    }
  }
  return Done{};
}

Status drop_from_bounding_set(std::uint64_t mask) {
  for (cap_value_t capability = 0; capability < 64; ++capability) {
    if (((mask >> static_cast<unsigned>(capability)) & 1U) != 0 &&
        ::cap_drop_bound(capability) != 0) {
      return capability_error("prctl(PR_CAPBSET_DROP)");
    }
  }
  return Done{};
}

Status permanently_limit_capabilities(const std::vector<cap_value_t>& permitted,
                                      const std::vector<cap_value_t>& required) {
  std::vector<cap_value_t> kept;
  for (const auto& wanted : {required, permitted}) {
    for (const cap_value_t capability : wanted) {
      auto there = is_permitted(capability);
      if (!there) return there.error();
      if (*there && !contains(kept, capability)) kept.push_back(capability);
    }
  }
  for (const cap_value_t capability : required) {
    if (contains(kept, capability)) continue;
    const CapabilityName name(::cap_to_name(capability));
    return Error{Outcome::unavailable,
                 std::string("started without ") + (name == nullptr ? "a capability" : name.get()),
                 EPERM};
  }

  if (auto raised = set_capabilities(kept, {CAP_SETPCAP}); !raised) return raised;
  if (auto limited = limit_bounding_set(kept); !limited) return limited;
  if (::cap_reset_ambient() != 0) return capability_error("prctl(PR_CAP_AMBIENT_CLEAR_ALL)");
  const int securebits = ::prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
  if (securebits < 0) return capability_error("prctl(PR_GET_SECUREBITS)");
  if (::prctl(PR_SET_SECUREBITS, static_cast<unsigned long>(securebits) | kListenerSecurebits, 0, 0,
              0) != 0) {
    return capability_error("prctl(PR_SET_SECUREBITS)");
  }
  if (auto lowered = set_capabilities(kept, {}); !lowered) return lowered;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return capability_error("prctl(PR_SET_NO_NEW_PRIVS)");
  // A limit of 0 does not keep a core from a program that the kernel pipes it to (core(5)).
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return capability_error("prctl(PR_SET_DUMPABLE)");
  return prove_listener(kept);
}

Raised::Raised(std::initializer_list<cap_value_t> capabilities) : status_(Done{}) {
  const CapabilitySets sets(::cap_get_proc());
  if (sets == nullptr) {
    status_ = capability_error("cap_get_proc()");
    return;
  }
  for (const cap_value_t capability : capabilities) {
    cap_flag_value_t value = CAP_CLEAR;
    if (::cap_get_flag(sets.get(), capability, CAP_EFFECTIVE, &value) != 0) {
      status_ = capability_error("cap_get_flag()");
      return;
    }
    if (value == CAP_CLEAR) capabilities_.push_back(capability);
  }
  status_ = change_effective(capabilities_, CAP_SET);
  if (!status_) capabilities_.clear();
}

Raised::~Raised() {
  if (!change_effective(capabilities_, CAP_CLEAR)) std::abort();
}

}  // namespace modgate
