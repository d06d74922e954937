// SPDX-License-Identifier: Apache-2.0
#include "component/confine/steps.h"

#include <grp.h>
#include <signal.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <new>

// What the linker puts in place of the C library's functions, and those functions. Those with a
// variable number of arguments take as many as the room gives them.
// NOLINTBEGIN(bugprone-reserved-identifier)
pid_t fork_and_count() noexcept asm("__wrap_fork");
pid_t fork_in_earnest() noexcept asm("__real_fork");
int step_open(const char* path, int flags) asm("__wrap_open");
int real_open(const char* path, int flags, ...) asm("__real_open");
int step_fcntl(int file, int command, long argument) asm("__wrap_fcntl");
int real_fcntl(int file, int command, ...) asm("__real_fcntl");
int step_dup2(int from, int to) noexcept asm("__wrap_dup2");
int real_dup2(int from, int to) noexcept asm("__real_dup2");
int step_dup3(int from, int to, int flags) noexcept asm("__wrap_dup3");
int real_dup3(int from, int to, int flags) noexcept asm("__real_dup3");
int step_close_range(unsigned first, unsigned last, int flags) noexcept asm("__wrap_close_range");
int real_close_range(unsigned first, unsigned last, int flags) noexcept asm("__real_close_range");
ssize_t step_pread(int file, void* bytes, size_t size, off_t at) asm("__wrap_pread");
ssize_t real_pread(int file, void* bytes, size_t size, off_t at) asm("__real_pread");
ssize_t step_pwrite(int file, const void* bytes, size_t size, off_t at) asm("__wrap_pwrite");
ssize_t real_pwrite(int file, const void* bytes, size_t size, off_t at) asm("__real_pwrite");
int step_clearenv() noexcept asm("__wrap_clearenv");
int real_clearenv() noexcept asm("__real_clearenv");
int step_chdir(const char* path) noexcept asm("__wrap_chdir");
int real_chdir(const char* path) noexcept asm("__real_chdir");
int step_getrlimit(int resource, rlimit* limit) noexcept asm("__wrap_getrlimit");
int real_getrlimit(int resource, rlimit* limit) noexcept asm("__real_getrlimit");
int step_setrlimit(int resource, const rlimit* limit) noexcept asm("__wrap_setrlimit");
int real_setrlimit(int resource, const rlimit* limit) noexcept asm("__real_setrlimit");
int step_sigaction(int signal, const struct sigaction* action, struct sigaction* before) noexcept
    asm("__wrap_sigaction");
int real_sigaction(int signal, const struct sigaction* action, struct sigaction* before) noexcept
    asm("__real_sigaction");
int step_sigemptyset(sigset_t* set) noexcept asm("__wrap_sigemptyset");
int real_sigemptyset(sigset_t* set) noexcept asm("__real_sigemptyset");
int step_sigprocmask(int how, const sigset_t* set, sigset_t* before) noexcept
    asm("__wrap_sigprocmask");
int real_sigprocmask(int how, const sigset_t* set, sigset_t* before) noexcept
    asm("__real_sigprocmask");
int step_setgroups(size_t size, const gid_t* groups) noexcept asm("__wrap_setgroups");
int real_setgroups(size_t size, const gid_t* groups) noexcept asm("__real_setgroups");
int step_setresgid(gid_t real, gid_t effective, gid_t saved) noexcept asm("__wrap_setresgid");
int real_setresgid(gid_t real, gid_t effective, gid_t saved) noexcept asm("__real_setresgid");
int step_setresuid(uid_t real, uid_t effective, uid_t saved) noexcept asm("__wrap_setresuid");
int real_setresuid(uid_t real, uid_t effective, uid_t saved) noexcept asm("__real_setresuid");
int step_prctl(int option, long a, long b, long c, long d) noexcept asm("__wrap_prctl");
int real_prctl(int option, ...) noexcept asm("__real_prctl");
long step_syscall(long number, long a, long b, long c, long d) noexcept asm("__wrap_syscall");
long real_syscall(long number, ...) noexcept asm("__real_syscall");
cap_t step_cap_init() asm("__wrap_cap_init");
cap_t real_cap_init() asm("__real_cap_init");
cap_t step_cap_get_proc() asm("__wrap_cap_get_proc");
cap_t real_cap_get_proc() asm("__real_cap_get_proc");
int step_cap_set_proc(cap_t sets) asm("__wrap_cap_set_proc");
int real_cap_set_proc(cap_t sets) asm("__real_cap_set_proc");
int step_cap_set_flag(cap_t sets, cap_flag_t flag, int size, const cap_value_t* capabilities,
                      cap_flag_value_t value) asm("__wrap_cap_set_flag");
int real_cap_set_flag(cap_t sets, cap_flag_t flag, int size, const cap_value_t* capabilities,
                      cap_flag_value_t value) asm("__real_cap_set_flag");
int step_cap_clear_flag(cap_t sets, cap_flag_t flag) asm("__wrap_cap_clear_flag");
int real_cap_clear_flag(cap_t sets, cap_flag_t flag) asm("__real_cap_clear_flag");
int step_cap_drop_bound(cap_value_t capability) asm("__wrap_cap_drop_bound");
int real_cap_drop_bound(cap_value_t capability) asm("__real_cap_drop_bound");
int step_cap_reset_ambient() asm("__wrap_cap_reset_ambient");
int real_cap_reset_ambient() asm("__real_cap_reset_ambient");
// NOLINTEND(bugprone-reserved-identifier)

namespace modgate::sample {
namespace {

bool in_child = false;

/// Counts a step; what is to become of it.
Trick next_step(const char* name, long argument) {
  if (!in_child) return Trick::none;
  Steps& steps = steps_of_next_child();
  if (++steps.taken != steps.spoiled) return Trick::none;
  std::strncpy(steps.name.data(), name, steps.name.size() - 1);
  steps.argument = argument;
  return steps.trick;
}

/// One that answers 0 or -1.
template <class Real, class... Arguments>
auto take(const char* name, long argument, Real real, Arguments... arguments)
    -> decltype(real(arguments...)) {
  switch (next_step(name, argument)) {
    case Trick::none:
      break;
    case Trick::fails:
      errno = EPERM;
      return -1;
    case Trick::pretends:
      return 0;
  }
  return real(arguments...);
}

cap_t take_sets(const char* name, cap_t (*real)()) {
  if (next_step(name, 0) == Trick::none) return real();
  errno = ENOMEM;
  return nullptr;
}

}  // namespace

Steps& steps_of_next_child() {
  static Steps* const shared = [] {
    void* page =
        ::mmap(nullptr, sizeof(Steps), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? nullptr : new (page) Steps;
  }();
  return *shared;
}

}  // namespace modgate::sample

using namespace modgate::sample;

pid_t fork_and_count() noexcept {
  steps_of_next_child().taken = 0;
  steps_of_next_child().quiet_from = 0;
  steps_of_next_child().reached_the_body = false;
  const pid_t child = fork_in_earnest();
  in_child = child == 0;
  return child;
}

int step_open(const char* path, int flags) { return take("open", 0, real_open, path, flags, 0); }

int step_fcntl(int file, int command, long argument) {
  // Whether there is a standard error is only asked.
  if (command == F_GETFD) return real_fcntl(file, command, argument);
  return take("fcntl", command, real_fcntl, file, command, argument);
}

int step_dup2(int from, int to) noexcept {
  const int result = take("dup2", to, real_dup2, from, to);
  if (in_child && to == STDERR_FILENO)
    steps_of_next_child().quiet_from = steps_of_next_child().taken;
  return result;
}

int step_dup3(int from, int to, int flags) noexcept {
  return take("dup3", to, real_dup3, from, to, flags);
}

int step_close_range(unsigned first, unsigned last, int flags) noexcept {
  return take("close_range", first, real_close_range, first, last, flags);
}

ssize_t step_pread(int file, void* bytes, size_t size, off_t at) {
  return take("pread", at, real_pread, file, bytes, size, at);
}

ssize_t step_pwrite(int file, const void* bytes, size_t size, off_t at) {
  return take("pwrite", at, real_pwrite, file, bytes, size, at);
}

int step_clearenv() noexcept { return take("clearenv", 0, real_clearenv); }

int step_chdir(const char* path) noexcept { return take("chdir", 0, real_chdir, path); }

int step_getrlimit(int resource, rlimit* limit) noexcept {
  return take("getrlimit", resource, real_getrlimit, resource, limit);
}

int step_setrlimit(int resource, const rlimit* limit) noexcept {
  return take("setrlimit", resource, real_setrlimit, resource, limit);
}

int step_sigaction(int signal, const struct sigaction* action, struct sigaction* before) noexcept {
  return take("sigaction", signal, real_sigaction, signal, action, before);
}

int step_sigemptyset(sigset_t* set) noexcept {
  return take("sigemptyset", 0, real_sigemptyset, set);
}

int step_sigprocmask(int how, const sigset_t* set, sigset_t* before) noexcept {
  return take("sigprocmask", how, real_sigprocmask, how, set, before);
}

int step_setgroups(size_t size, const gid_t* groups) noexcept {
  return take("setgroups", 0, real_setgroups, size, groups);
}

int step_setresgid(gid_t real, gid_t effective, gid_t saved) noexcept {
  return take("setresgid", real, real_setresgid, real, effective, saved);
}

int step_setresuid(uid_t real, uid_t effective, uid_t saved) noexcept {
  if (in_child && real == 0 && ::getuid() != 0) {
    return steps_of_next_child().root_came_back ? 0 : real_setresuid(real, effective, saved);
  }
  return take("setresuid", real, real_setresuid, real, effective, saved);
}

int step_prctl(int option, long a, long b, long c, long d) noexcept {
  return take("prctl", option, real_prctl, option, a, b, c, d);
}

long step_syscall(long number, long a, long b, long c, long d) noexcept {
  return take("syscall", number, real_syscall, number, a, b, c, d);
}

cap_t step_cap_init() { return take_sets("cap_init", real_cap_init); }

cap_t step_cap_get_proc() { return take_sets("cap_get_proc", real_cap_get_proc); }

int step_cap_set_proc(cap_t sets) { return take("cap_set_proc", 0, real_cap_set_proc, sets); }

int step_cap_set_flag(cap_t sets, cap_flag_t flag, int size, const cap_value_t* capabilities,
                      cap_flag_value_t value) {
  return take("cap_set_flag", flag, real_cap_set_flag, sets, flag, size, capabilities, value);
}

int step_cap_clear_flag(cap_t sets, cap_flag_t flag) {
  return take("cap_clear_flag", flag, real_cap_clear_flag, sets, flag);
}

int step_cap_drop_bound(cap_value_t capability) {
  return take("cap_drop_bound", capability, real_cap_drop_bound, capability);
}

int step_cap_reset_ambient() { return take("cap_reset_ambient", 0, real_cap_reset_ambient); }
