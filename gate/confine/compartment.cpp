// SPDX-License-Identifier: Apache-2.0
#include "gate/confine/compartment.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "gate/confine/capabilities.h"
#include "gate/confine/confinement.h"
#include "gate/confine/surroundings.h"

namespace modgate {
namespace {

constexpr int kBodyThrew = 70;

Error failed(const char* call) { return {Outcome::unavailable, call, errno}; }

bool is_what_it_should_be(int descriptor, Given kind) {
  if (kind == Given::anything) return ::fcntl(descriptor, F_GETFD) != -1;
  struct stat state = {};
  if (::fstat(descriptor, &state) != 0) return false;
  return kind == Given::channel ? S_ISSOCK(state.st_mode) : S_ISREG(state.st_mode);
}

/// A descriptor too many, or another one than is meant, would be a right too many.
Status check_given(const Profile& profile, const std::vector<int>& given) {
  const std::size_t named = profile.given.size();
  bool fits = given.size() == named || (given.size() > named && profile.then_any_number_of);
  for (std::size_t at = 0; fits && at < given.size(); ++at) {
    fits = is_what_it_should_be(given[at],
                                at < named ? profile.given[at] : *profile.then_any_number_of);
  }
  if (fits) return Done{};
  return Error{Outcome::unavailable,
               "the " + profile.name + " is given other descriptors than its profile says"};
}

/// Of what a new process takes there is a limit, of the service or of the machine.
Error not_started(const char* call) {
  const int code = errno;
  // fork(2) says EAGAIN for want of processes.
  if (code == EAGAIN || is_shortage(code)) {
    return {Outcome::unavailable, "too busy: no process could be started; try again in a moment",
            code};
  }
  return {Outcome::unavailable, call, code};
}

Status check_start(const Profile& profile) {
  if (profile.uid == static_cast<uid_t>(-1) || profile.gid == static_cast<gid_t>(-1)) {
    return Error{Outcome::unavailable, "there is no account for the " + profile.name};
  }
  if (profile.uid == 0 && profile.filter != Filter::floor) {
    return Error{Outcome::unavailable, "the " + profile.name + " must not be root"};
  }
  struct sigaction child_ends = {};
  if (::sigaction(SIGCHLD, nullptr, &child_ends) != 0) return failed("sigaction()");
  if (child_ends.sa_handler == SIG_IGN || (child_ends.sa_flags & SA_NOCLDWAIT) != 0) {
    return Error{Outcome::unavailable, "SIGCHLD is ignored"};
  }
  return Done{};
}

[[noreturn]] void run_child(const Profile& profile, const FilterSet& filters, int channel,
                            const std::vector<int>& given, const Compartment::Body& body) noexcept {
  int status = kBodyThrew;
  try {
    std::vector<int> descriptors = {channel};
    descriptors.insert(descriptors.end(), given.begin(), given.end());
    descriptors = keep_only_or_die(descriptors);
    arrange_surroundings_or_die(profile);
    permanently_confine_or_die(profile, filters.to_install(profile.filter));
    // --- From here on: what the profile says and nothing more. ---
    status = body({descriptors.front(), {descriptors.begin() + 1, descriptors.end()}});
  } catch (...) {
    status = kBodyThrew;
  }
  ::_exit(status);
}

/// Forks with all signals blocked, so that no handler of the parent's ever runs in the child.
pid_t fork_with_signals_blocked() {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  if (::sigprocmask(SIG_BLOCK, &all, &before) != 0) return -1;
  const pid_t pid = ::fork();
  if (pid == 0) return 0;
  const int code = errno;
  static_cast<void>(::sigprocmask(SIG_SETMASK, &before, nullptr));  // only undoes the one above
  errno = code;
  return pid;
}

// By number: <sys/pidfd.h> of glibc 2.36 cannot be linked from C++.
int open_pidfd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

int send_kill(int pidfd) {
  return static_cast<int>(::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0));
}

/// For a child without a pidfd. It has not been waited for, so the number is still its own.
void kill_and_forget(pid_t pid) {
  const Raised raised{CAP_KILL};
  // Killed it is gone in no time, and would be left as a zombie for as long as this process lives.
  // Where that fails, end-of-file on its channel ends it.
  const int wait = ::kill(pid, SIGKILL) == 0 ? 0 : WNOHANG;
  static_cast<void>(::waitpid(pid, nullptr, wait));
}

}  // namespace

bool is_shortage(int code) noexcept {
  return code == EMFILE || code == ENFILE || code == ENOMEM || code == ENOBUFS;
}

Result<Compartment> Compartment::start(const Profile& profile, const FilterSet& filters,
                                       const std::vector<int>& given, const Body& body) {
  if (auto sound = check_start(profile); !sound) return sound.error();
  if (auto fits = check_given(profile, given); !fits) return fits.error();
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return not_started("socketpair()");
  }
  Fd channel(ends[0]);
  const Fd channel_of_child(ends[1]);
  // The place of its pidfd, while there is no child yet that nobody could watch.
  Fd place(::fcntl(channel.get(), F_DUPFD_CLOEXEC, 0));
  if (!place) return not_started("fcntl(F_DUPFD_CLOEXEC)");
  const pid_t pid = fork_with_signals_blocked();
  if (pid == 0) run_child(profile, filters, channel_of_child.get(), given, body);
  if (pid < 0) return not_started("fork()");
  place.reset();
  Fd pidfd(open_pidfd(pid));
  if (!pidfd) {
    const Error error = not_started("pidfd_open()");
    kill_and_forget(pid);
    return error;
  }
  return Compartment(std::move(pidfd), std::move(channel), pid);
}

Compartment& Compartment::operator=(Compartment&& other) noexcept {
  if (this == &other) return *this;
  abandon();
  pidfd_ = std::move(other.pidfd_);
  channel_ = std::move(other.channel_);
  pid_ = other.pid_;
  reaped_ = other.reaped_;
  return *this;
}

Compartment::~Compartment() { abandon(); }

Status Compartment::kill() {
  if (!pidfd_ || reaped_) return Done{};
  int result = send_kill(pidfd_.get());
  if (result != 0 && errno == EPERM) {
    const Raised raised{CAP_KILL};
    if (!raised.status()) return raised.status();
    result = send_kill(pidfd_.get());
    if (result != 0) return failed("pidfd_send_signal()");
  }
  return result == 0 || errno == ESRCH ? Status(Done{}) : failed("pidfd_send_signal()");
}

Result<Ending> Compartment::reap() {
  if (!pidfd_ || reaped_) return Error{Outcome::unavailable, "there is no process to wait for"};
  siginfo_t how = {};
  if (::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &how, WEXITED | WNOHANG) != 0) {
    return failed("waitid()");
  }
  if (how.si_pid == 0) return Error{Outcome::unavailable, "the process still runs"};
  reaped_ = true;
  Ending ending;
  ending.exited = how.si_code == CLD_EXITED;
  (ending.exited ? ending.status : ending.signal) = how.si_status;
  return ending;
}

void Compartment::abandon() noexcept {
  if (!pidfd_ || reaped_) return;
  try {
    channel_.reset();
    if (reap()) return;
    // Where it cannot be killed its channel's end-of-file and its own deadline end it. Its dying is
    // not waited for: that would cost every request some of its time.
    static_cast<void>(static_cast<bool>(kill()));
  } catch (...) {
    // Out of memory for the words of an error that nobody would read.
    return;
  }
}

}  // namespace modgate
