// SPDX-License-Identifier: Apache-2.0
#include "vm/faults/forbidden_calls.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

namespace modgate::sample {
namespace {

// By number, so that it is this call and no other that the C library might take instead.
template <class... Arguments>
void call(long number, Arguments... arguments) {
  static_cast<void>(::syscall(number, arguments...));
}

void fork_with(unsigned long flags) {
  if (::syscall(SYS_clone, flags, 0L, 0L, 0L, 0L) == 0) ::_exit(0);
}

constexpr int kNone = -1;
constexpr const char* kNobodysModule = "modgate_no_such_module";

/// By flags: 1 and 2 force, 4 hands the kernel a compressed file.
template <unsigned long flags>
void insert_with() {
  call(SYS_finit_module, kNone, "", flags);
}

template <unsigned flags>
void remove_with() {
  call(SYS_delete_module, kNobodysModule, flags);
}

template <int domain, int type>
void make_socket() {
  call(SYS_socket, domain, type, 0);
}

template <int flags>
void open_null() {
  call(SYS_openat, AT_FDCWD, "/dev/null", flags, 0600);
}

/// What who has an allow-list may not call, whoever it is.
const std::vector<ForbiddenCall> kOutsideOfAllowLists = {
    {"execve", [] { call(SYS_execve, "/no/such/program", nullptr, nullptr); }},
    {"execveat", [] { call(SYS_execveat, kNone, "no-such-program", nullptr, nullptr, 0); }},
    {"fork", [] { fork_with(SIGCHLD); }},
    {"clone of a thread",
     [] { call(SYS_clone, CLONE_THREAD, 0L, 0L, 0L, 0L); }},  // EINVAL without CLONE_SIGHAND
    {"clone3", [] { call(SYS_clone3, nullptr, 0L); }},
    {"socket of the network", make_socket<AF_INET, SOCK_STREAM>},
    {"socket of a stream", make_socket<AF_UNIX, SOCK_STREAM>},
    {"socket of uevents", make_socket<AF_NETLINK, SOCK_RAW>},
    {"socketpair", [] { call(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, nullptr); }},
    {"listen", [] { call(SYS_listen, kNone, 1); }},
    {"accept4", [] { call(SYS_accept4, kNone, nullptr, nullptr, 0); }},
    {"finit_module, flags 4", insert_with<4>},
    {"setresuid", [] { call(SYS_setresuid, kNone, kNone, kNone); }},
    {"setresgid", [] { call(SYS_setresgid, kNone, kNone, kNone); }},
    {"setgroups", [] { call(SYS_setgroups, kNone, nullptr); }},
    {"capset", [] { call(SYS_capset, nullptr, nullptr); }},
    {"prctl", [] { call(SYS_prctl, PR_GET_DUMPABLE, 0L, 0L, 0L, 0L); }},
    {"kill", [] { call(SYS_kill, 0, kNone); }},
    {"tgkill", [] { call(SYS_tgkill, 0, 0, 0); }},
    {"memory to execute",
     [] { call(SYS_mmap, 0L, 4096L, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L); }},
    {"mprotect to execute", [] { call(SYS_mprotect, nullptr, 0L, PROT_READ | PROT_EXEC); }},
    {"chmod", [] { call(SYS_fchmodat, AT_FDCWD, "/no/such/file", 0); }},
    {"link", [] { call(SYS_linkat, kNone, "x", kNone, "y", 0); }},
    {"chdir", [] { call(SYS_chdir, "/no/such/directory"); }},
    {"setrlimit", [] { call(SYS_prlimit64, 0, kNone, nullptr, nullptr); }},
    {"seccomp", [] { call(SYS_seccomp, 0xff, 0, nullptr); }},
    {"keyctl", [] { call(SYS_keyctl, kNone); }},
};

/// The recorder alone writes files.
const std::vector<ForbiddenCall> kWriting = {
    {"open for writing", open_null<O_WRONLY>},
    {"open for reading and writing", open_null<O_RDWR>},
    {"open, to create", open_null<O_RDONLY | O_CREAT>},
    {"open, to truncate", open_null<O_RDONLY | O_TRUNC>},
    {"unlink", [] { call(SYS_unlinkat, kNone, "x", 0); }},
    {"rename", [] { call(SYS_renameat2, kNone, "x", kNone, "y", 0); }},
};

/// The loader alone has to do with modules.
const std::vector<ForbiddenCall> kModules = {
    {"finit_module", insert_with<0>},
    {"delete_module", remove_with<O_NONBLOCK>},
};

/// The loader, the reader and the recorder find their files by name.
const std::vector<ForbiddenCall> kFiles = {
    {"open for reading", open_null<O_RDONLY>},
    {"getdents64", [] { call(SYS_getdents64, kNone, nullptr, 0); }},
};

void add(std::vector<ForbiddenCall>& calls, const std::vector<ForbiddenCall>& more) {
  calls.insert(calls.end(), more.begin(), more.end());
}

}  // namespace

const std::vector<ForbiddenCall>& calls_below_the_floor() {
  static const std::vector<ForbiddenCall> calls = {
      {"ptrace", [] { call(SYS_ptrace, PTRACE_CONT, 0, 0, 0); }},
      {"process_vm_readv", [] { call(SYS_process_vm_readv, 0, nullptr, 0L, nullptr, 0L, 1L); }},
      {"process_vm_writev", [] { call(SYS_process_vm_writev, 0, nullptr, 0L, nullptr, 0L, 1L); }},
      {"process_madvise", [] { call(SYS_process_madvise, kNone, nullptr, 0L, 0, 1); }},
      {"pidfd_getfd", [] { call(SYS_pidfd_getfd, kNone, 0, 1); }},
      {"bpf", [] { call(SYS_bpf, kNone, nullptr, 0); }},
      {"perf_event_open", [] { call(SYS_perf_event_open, nullptr, 0, 0, kNone, ~0UL); }},
      {"userfaultfd", [] { call(SYS_userfaultfd, kNone); }},
      {"io_uring_setup", [] { call(SYS_io_uring_setup, 0, nullptr); }},
      {"mount", [] { call(SYS_mount, nullptr, nullptr, nullptr, 0L, nullptr); }},
      {"umount2", [] { call(SYS_umount2, nullptr, kNone); }},
      {"pivot_root", [] { call(SYS_pivot_root, nullptr, nullptr); }},
      {"chroot", [] { call(SYS_chroot, nullptr); }},
      {"open_tree", [] { call(SYS_open_tree, kNone, nullptr, kNone); }},
      {"fsopen", [] { call(SYS_fsopen, nullptr, kNone); }},
      {"open_by_handle_at", [] { call(SYS_open_by_handle_at, kNone, nullptr, 0); }},
      {"setns", [] { call(SYS_setns, kNone, 0); }},
      {"unshare", [] { call(SYS_unshare, 0); }},
      {"clone of a name space", [] { fork_with(CLONE_NEWUSER | CLONE_FS | SIGCHLD); }},
      {"kexec_load", [] { call(SYS_kexec_load, 0L, 0xffffL, nullptr, ~0UL); }},
      {"reboot", [] { call(SYS_reboot, 0, 0, 0, nullptr); }},
      {"swapon", [] { call(SYS_swapon, nullptr, 0); }},
      {"init_module", [] { call(SYS_init_module, nullptr, 0L, ""); }},
      {"finit_module, flags 1", insert_with<1>},
      {"finit_module, flags 2", insert_with<2>},
      {"finit_module, flags 3", insert_with<3>},
      {"finit_module, flags 5", insert_with<5>},
      {"finit_module, flags of 64 bits", insert_with<(1UL << 32U) | 1>},
      {"delete_module, waiting", remove_with<0>},
      {"delete_module, O_TRUNC", remove_with<O_NONBLOCK | O_TRUNC>},
      {"personality", [] { call(SYS_personality, 0x0040000UL); }},
  };
  return calls;
}

std::vector<ForbiddenCall> calls_forbidden_to(std::string_view process) {
  std::vector<ForbiddenCall> calls = calls_below_the_floor();
  const bool has_only_the_floor =
      process == "listener" || process == "session" || process == "authenticator";
  if (has_only_the_floor) return calls;
  add(calls, kOutsideOfAllowLists);
  if (process != "recorder") add(calls, kWriting);
  if (process != "loader") add(calls, kModules);
  if (process != "loader" && process != "reader" && process != "recorder") add(calls, kFiles);
  return calls;
}

}  // namespace modgate::sample
