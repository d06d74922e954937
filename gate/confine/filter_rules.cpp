// SPDX-License-Identifier: Apache-2.0
#include "gate/confine/filter_rules.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>
#include <initializer_list>
#include <utility>

namespace modgate {
namespace {

using Calls = std::initializer_list<int>;

constexpr std::uint32_t kKill = SCMP_ACT_KILL_PROCESS;
constexpr std::uint32_t kAllow = SCMP_ACT_ALLOW;

constexpr scmp_arg_cmp is(unsigned argument, std::uint64_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}

constexpr scmp_arg_cmp is_not(unsigned argument, std::uint64_t value) {
  return {argument, SCMP_CMP_NE, value, 0};
}

constexpr scmp_arg_cmp is_above(unsigned argument, std::uint64_t value) {
  return {argument, SCMP_CMP_GT, value, 0};
}

/// Of the bits in `mask`, exactly those of `value` are set.
constexpr scmp_arg_cmp has_bits(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

/// Adds to an allow-list.
class AllowList {
 public:
  AllowList& calls(Calls calls) {
    for (const int call : calls) rules_.rules.push_back({kAllow, call});
    return *this;
  }
  AllowList& call_if(int call, std::vector<scmp_arg_cmp> when) {
    rules_.rules.push_back({kAllow, call, std::move(when)});
    return *this;
  }
  AllowList& commands(int call, unsigned argument, std::initializer_list<std::uint64_t> values) {
    for (const std::uint64_t value : values) call_if(call, {is(argument, value)});
    return *this;
  }
  FilterRules take() { return std::move(rules_); }

 private:
  FilterRules rules_{kKill, {}};
};

constexpr std::uint64_t kOpenedForWriting = O_ACCMODE | O_CREAT | O_TRUNC;

/// Memory that is not executed, descriptors that are already open, the clock, and the end. No
/// tgkill: compartments share their uid with others of their kind, and abort(3) dies without it as
/// well.
AllowList with_basics() {
  AllowList list;
  list.calls(
      {SCMP_SYS(read),          SCMP_SYS(pread64),        SCMP_SYS(readv),     SCMP_SYS(write),
       SCMP_SYS(writev),        SCMP_SYS(lseek),          SCMP_SYS(close),     SCMP_SYS(fstat),
       SCMP_SYS(munmap),        SCMP_SYS(mremap),         SCMP_SYS(brk),       SCMP_SYS(futex),
       SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),   SCMP_SYS(getrandom), SCMP_SYS(sysinfo),
       SCMP_SYS(poll),          SCMP_SYS(ppoll),          SCMP_SYS(sendmsg),   SCMP_SYS(exit_group),
       SCMP_SYS(rt_sigreturn),  SCMP_SYS(restart_syscall)});
  list.call_if(SCMP_SYS(mmap), {has_bits(2, PROT_EXEC, 0)});
  list.call_if(SCMP_SYS(mprotect), {has_bits(2, PROT_EXEC, 0)});
  // glibc's fstat(2): by descriptor, not by path.
  list.call_if(SCMP_SYS(newfstatat), {has_bits(3, AT_EMPTY_PATH, AT_EMPTY_PATH)});
  list.commands(SCMP_SYS(fcntl), 1, {F_GETFD, F_GETFL, F_GET_SEALS});
  return list;
}

/// For those that hear from others and may move their own deadline.
AllowList with_conversation() {
  AllowList list = with_basics();
  list.calls({SCMP_SYS(recvmsg), SCMP_SYS(alarm), SCMP_SYS(setitimer), SCMP_SYS(rt_sigaction),
              SCMP_SYS(rt_sigprocmask)});
  return list;
}

FilterRules loader() {
  AllowList list = with_conversation();
  list.calls({SCMP_SYS(newfstatat), SCMP_SYS(getdents64)});
  list.call_if(SCMP_SYS(openat), {has_bits(2, kOpenedForWriting, O_RDONLY)});
  list.call_if(SCMP_SYS(finit_module), {is(2, 0)});
  list.call_if(SCMP_SYS(delete_module), {is(1, O_NONBLOCK)});
  return list.take();
}

FilterRules reader() {
  AllowList list = with_conversation();
  list.calls({SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(getdents64), SCMP_SYS(readlinkat),
              SCMP_SYS(inotify_init1), SCMP_SYS(inotify_add_watch), SCMP_SYS(inotify_rm_watch)});
  list.call_if(SCMP_SYS(openat), {has_bits(2, kOpenedForWriting, O_RDONLY)});
  list.commands(SCMP_SYS(fcntl), 1, {F_SETFD, F_DUPFD_CLOEXEC});
  return list.take();
}

FilterRules recorder() {
  AllowList list = with_conversation();
  list.calls({SCMP_SYS(openat),    SCMP_SYS(newfstatat), SCMP_SYS(statx),     SCMP_SYS(getdents64),
              SCMP_SYS(readlink),  SCMP_SYS(readlinkat), SCMP_SYS(pwrite64),  SCMP_SYS(fsync),
              SCMP_SYS(fdatasync), SCMP_SYS(fallocate),  SCMP_SYS(ftruncate), SCMP_SYS(rename),
              SCMP_SYS(renameat),  SCMP_SYS(renameat2),  SCMP_SYS(unlink),    SCMP_SYS(unlinkat),
              SCMP_SYS(fchmod),    SCMP_SYS(umask),      SCMP_SYS(statfs),    SCMP_SYS(fstatfs),
              SCMP_SYS(flock),     SCMP_SYS(uname),      SCMP_SYS(getpid),    SCMP_SYS(gettid),
              SCMP_SYS(getuid),    SCMP_SYS(geteuid),    SCMP_SYS(getgid),    SCMP_SYS(getegid),
              SCMP_SYS(fadvise64)});
  list.commands(SCMP_SYS(fcntl), 1,
                {F_SETFD, F_SETFL, F_DUPFD_CLOEXEC, F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK,
                 F_OFD_SETLK, F_OFD_SETLKW});
  list.commands(SCMP_SYS(ioctl), 1, {TCGETS});
  // To kernel audit and to the journal, and to nobody else.
  list.call_if(SCMP_SYS(socket), {is(0, AF_NETLINK), is(2, NETLINK_AUDIT)});
  list.call_if(
      SCMP_SYS(socket),
      {is(0, AF_UNIX), has_bits(1, ~(std::uint64_t{SOCK_CLOEXEC} | SOCK_NONBLOCK), SOCK_DGRAM)});
  list.calls({SCMP_SYS(connect), SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(getsockopt),
              SCMP_SYS(getsockname)});
  return list.take();
}

FilterRules inspector() {
  AllowList list = with_basics();
  list.calls({SCMP_SYS(pwrite64), SCMP_SYS(ftruncate)});
  // libcrypto blinds what it does on some curves with random numbers, and asks before each whether
  // it was forked.
  list.calls({SCMP_SYS(getpid)});
  return list.take();
}

/// What no process of the house ever needs, whoever it is.
FilterRules floor() {
  FilterRules floor{kAllow, {}};
  const auto never = [&floor](Calls calls) {
    for (const int call : calls) floor.rules.push_back({kKill, call});
  };
  const auto never_if = [&floor](int call, scmp_arg_cmp when) {
    floor.rules.push_back({kKill, call, {when}});
  };
  // Other processes' memory and descriptors.
  never({SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
         SCMP_SYS(pidfd_getfd), SCMP_SYS(process_madvise)});
  // The kernel itself, other than by a checked module.
  never({SCMP_SYS(init_module), SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(bpf),
         SCMP_SYS(reboot), SCMP_SYS(iopl), SCMP_SYS(ioperm), SCMP_SYS(swapon), SCMP_SYS(swapoff)});
  // Of finit_module's flags only MODULE_INIT_COMPRESSED_FILE (4) does not force.
  for (const std::uint64_t forced : {1ULL, 2ULL, 3ULL}) {
    never_if(SCMP_SYS(finit_module), is(2, forced));
  }
  never_if(SCMP_SYS(finit_module), is_above(2, 4));
  never_if(SCMP_SYS(delete_module), is_not(1, O_NONBLOCK));
  // What makes a hole in the kernel easy to use.
  never({SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup),
         SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(modify_ldt)});
  // Another view of files than the one that was checked.
  never({SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot),
         SCMP_SYS(move_mount), SCMP_SYS(open_tree), SCMP_SYS(fsopen), SCMP_SYS(fsconfig),
         SCMP_SYS(fsmount), SCMP_SYS(fspick), SCMP_SYS(mount_setattr), SCMP_SYS(open_by_handle_at),
         SCMP_SYS(setns), SCMP_SYS(unshare)});
  for (const int name_space : {CLONE_NEWCGROUP, CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS,
                               CLONE_NEWPID, CLONE_NEWUSER, CLONE_NEWUTS}) {
    const auto bit = static_cast<std::uint64_t>(name_space);
    never_if(SCMP_SYS(clone), has_bits(0, bit, bit));
  }
  // Its flags cannot be seen from here; the C library then uses clone(2).
  floor.rules.push_back({SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3)});
  // 0xffffffff only asks.
  never_if(SCMP_SYS(personality), is_not(0, 0xffffffff));
  return floor;
}

}  // namespace

FilterRules rules_of(Filter filter) {
  switch (filter) {
    case Filter::floor:
      return floor();
    case Filter::front:
      return with_conversation().take();
    case Filter::recorder:
      return recorder();
    case Filter::inspector:
      return inspector();
    case Filter::loader:
      return loader();
    case Filter::reader:
      return reader();
  }
  return {kKill, {}};
}

}  // namespace modgate
