// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace modgate::test {

/// From here on this process dies where it starts another or becomes another program; threads it
/// may have. The kernel's modules are out of its reach (EPERM), whoever it is.
inline bool start_no_process() {
  constexpr std::uint32_t kThread = CLONE_THREAD;
  std::vector<sock_filter> program;
  const auto refuse = [&program](long call, std::uint32_t action) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, action));
  };
  program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
#ifdef SYS_fork
  refuse(SYS_fork, SECCOMP_RET_KILL_PROCESS);
  refuse(SYS_vfork, SECCOMP_RET_KILL_PROCESS);
#endif
  refuse(SYS_execve, SECCOMP_RET_KILL_PROCESS);
  refuse(SYS_execveat, SECCOMP_RET_KILL_PROCESS);
  // Its flags cannot be seen from here; the C library then uses clone(2).
  refuse(SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
  for (const long call : {SYS_init_module, SYS_finit_module, SYS_delete_module}) {
    refuse(call, SECCOMP_RET_ERRNO | EPERM);
  }
  program.push_back(
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(SYS_clone), 0, 3));
  program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[0])));
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kThread, 1, 0));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

}  // namespace modgate::test
