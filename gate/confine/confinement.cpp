// SPDX-License-Identifier: Apache-2.0
#include "gate/confine/confinement.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "gate/confine/capabilities.h"
#include "gate/confine/die.h"
#include "gate/confine/filters.h"
#include "gate/confine/process_status.h"
#include "gate/confine/surroundings.h"
#include "modgate/handle.h"

namespace modgate {
namespace {

/// Root is nobody special on exec, no change of uid changes capabilities, nothing becomes ambient;
/// and KEEP_CAPS stays off.
constexpr unsigned long kSecurebits =
    SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED |
    SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

std::vector<cap_value_t> with(std::vector<cap_value_t> set,
                              std::initializer_list<cap_value_t> more) {
  set.insert(set.end(), more);
  return set;
}

/// The order is the point: each step needs what a later one gives up (capabilities(7);
/// security/commoncap.c: cap_prctl_drop and cap_task_prctl want CAP_SETPCAP effective). `bounding`
/// is what is in the bounding set.
void permanently_drop_privileges_or_die(const Profile& profile, std::uint64_t bounding) {
  const std::uint64_t kept = capability_mask(profile.keep);
  const auto dropping = with(profile.keep, {CAP_SETUID, CAP_SETGID, CAP_SETPCAP});
  or_die(set_capabilities(dropping, dropping));
  or_die(drop_from_bounding_set(bounding & ~kept));
  or_die(::cap_reset_ambient(), "prctl(PR_CAP_AMBIENT_CLEAR_ALL)");
  or_die(::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "prctl(PR_SET_KEEPCAPS)");

  or_die(::setgroups(profile.groups.size(), profile.groups.data()), "setgroups()");
  or_die(::setresgid(profile.gid, profile.gid, profile.gid), "setresgid()");
  or_die(::setresuid(profile.uid, profile.uid, profile.uid), "setresuid()");

  const auto locking = with(profile.keep, {CAP_SETPCAP});
  or_die(set_capabilities(locking, locking));
  or_die(::prctl(PR_SET_SECUREBITS, kSecurebits, 0, 0, 0), "prctl(PR_SET_SECUREBITS)");
  if (!profile.may_fork) or_die(drop_from_bounding_set(bounding & kept));
  or_die(set_capabilities(profile.keep, profile.keep));

  if (profile.uid != 0 && ::setresuid(0, 0, 0) == 0) die("setresuid() gave root back", 0);
  if (::prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) != static_cast<int>(kSecurebits)) {
    die("securebits are not what was asked of the kernel", 0);
  }
}

void permanently_lower_all_or_die() {
  or_die(::cap_reset_ambient(), "prctl(PR_CAP_AMBIENT_CLEAR_ALL)");
  const CHandle<_cap_struct, cap_free> sets(::cap_get_proc());
  if (sets == nullptr) die("cap_get_proc()", errno);
  or_die(::cap_clear_flag(sets.get(), CAP_EFFECTIVE), "cap_clear_flag()");
  or_die(::cap_clear_flag(sets.get(), CAP_INHERITABLE), "cap_clear_flag()");
  or_die(::cap_set_proc(sets.get()), "cap_set_proc()");
}

ProcessStatus read_or_die(const Fd& status_file) {
  auto status = read_process_status(status_file.get());
  if (!status) die(status.error().message.c_str(), status.error().code);
  return std::move(*status);
}

/// What /proc/self/status must say in the end, of a process that said `before`.
ProcessStatus wanted_status(const Profile& profile, const ProcessStatus& before) {
  ProcessStatus wanted = before;
  wanted.threads = 1;
  wanted.signals_ignored = wanted.signals_caught = 0;
  wanted.uids.fill(profile.uid);
  wanted.gids.fill(profile.gid);
  wanted.inheritable = wanted.effective = wanted.ambient = 0;
  wanted.no_new_privs = 1;
  wanted.seccomp = 2;
  if (profile.keeps_parent_capabilities) return wanted;
  wanted.groups = profile.groups;
  std::sort(wanted.groups.begin(), wanted.groups.end());
  wanted.permitted = wanted.effective = capability_mask(profile.keep);
  wanted.bounding = profile.may_fork ? wanted.permitted : 0;
  return wanted;
}

}  // namespace

void permanently_confine_or_die(const Profile& profile, const std::vector<sock_filter>* filter) {
  // Opened before the filter, which may forbid it; what is read from it is always the state now.
  const Fd status_file(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  or_die(status_file.get(), "open(/proc/self/status)");
  const ProcessStatus before = read_or_die(status_file);
  reset_signals_or_die(before.signals_ignored | before.signals_caught);

  if (profile.keeps_parent_capabilities) {
    permanently_lower_all_or_die();
  } else {
    permanently_drop_privileges_or_die(profile, before.bounding);
  }
  or_die(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)");
  or_die(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl(PR_SET_DUMPABLE)");
  if (::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) die("the process is still dumpable", 0);
  if (!profile.keeps_stderr) or_die(::dup2(STDIN_FILENO, STDERR_FILENO), "dup2(stderr)");

  // --- From here on: what the filter lets through only. ---
  if (filter != nullptr) or_die(install_filter(*filter));
  or_die(require_same(read_or_die(status_file), wanted_status(profile, before)));
}

}  // namespace modgate
