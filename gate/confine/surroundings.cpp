// SPDX-License-Identifier: Apache-2.0
#include "gate/confine/surroundings.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string>

#include "gate/confine/die.h"
#include "modgate/handle.h"

namespace modgate {
namespace {

constexpr int kFirstKept = 3;
constexpr std::size_t kLongestName = 15;

using Resource = decltype(RLIMIT_CORE);

void limit_or_die(Resource resource, rlim_t value) {
  struct rlimit limit = {};
  or_die(::getrlimit(resource, &limit), "getrlimit()");
  // Raising a limit would need a capability; one that is tighter already is as good.
  limit.rlim_cur = limit.rlim_max = std::min(value, limit.rlim_max);
  or_die(::setrlimit(resource, &limit), "setrlimit()");
}

void limit_resources_or_die(const Profile& profile) {
  limit_or_die(RLIMIT_CORE, 0);
  limit_or_die(RLIMIT_NOFILE, profile.max_files);
  if (!profile.may_fork) limit_or_die(RLIMIT_NPROC, 0);
  if (profile.cpu_seconds != 0) limit_or_die(RLIMIT_CPU, profile.cpu_seconds);
  if (profile.max_memory != 0) limit_or_die(RLIMIT_AS, profile.max_memory);
  if (profile.max_file_bytes != 0) limit_or_die(RLIMIT_FSIZE, profile.max_file_bytes);
}

void raise_oom_score_or_die(int wanted) {
  const Fd file(::open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC));
  or_die(file.get(), "open(/proc/self/oom_score_adj)");
  std::array<char, 16> text{};
  const ssize_t got = ::pread(file.get(), text.data(), text.size(), 0);
  or_die(got, "read(/proc/self/oom_score_adj)");
  int current = 0;
  if (std::from_chars(text.data(), text.data() + got, current).ec != std::errc()) {
    die("read(/proc/self/oom_score_adj)", EINVAL);
  }
  if (current >= wanted) return;
  const std::string raised = std::to_string(wanted);
  or_die(::pwrite(file.get(), raised.data(), raised.size(), 0), "write(/proc/self/oom_score_adj)");
}

/// All but 0 to 2 and `kept`.
void close_others_or_die(std::vector<int> kept) {
  std::sort(kept.begin(), kept.end());
  unsigned from = kFirstKept;
  for (const int descriptor : kept) {
    if (descriptor < kFirstKept) continue;
    const auto at = static_cast<unsigned>(descriptor);
    if (at > from) or_die(::close_range(from, at - 1, 0), "close_range()");
    from = at + 1;
  }
  or_die(::close_range(from, ~0U, 0), "close_range()");
}

}  // namespace

void reset_signals_or_die(std::uint64_t not_default) {
  for (int signal = 1; signal < NSIG; ++signal) {
    if (((not_default >> static_cast<unsigned>(signal - 1)) & 1U) == 0) continue;
    struct sigaction standard = {};
    standard.sa_handler = SIG_DFL;
    or_die(::sigaction(signal, &standard, nullptr), "sigaction()");
  }
  sigset_t none;
  or_die(::sigemptyset(&none), "sigemptyset()");
  or_die(::sigprocmask(SIG_SETMASK, &none, nullptr), "sigprocmask()");
}

std::vector<int> keep_only_or_die(const std::vector<int>& descriptors) {
  // The parent may be at its limit of descriptors; what follows needs a few more for a moment.
  close_others_or_die(descriptors);
  const int end = kFirstKept + static_cast<int>(descriptors.size());
  // First out of the way of each other, as the numbers that they get may be theirs already.
  std::vector<int> moved;
  for (const int descriptor : descriptors) {
    moved.push_back(::fcntl(descriptor, F_DUPFD_CLOEXEC, end));
    or_die(moved.back(), "fcntl(F_DUPFD_CLOEXEC) of a given descriptor");
  }
  const int opened = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  or_die(opened, "open(/dev/null)");
  const int null = ::fcntl(opened, F_DUPFD_CLOEXEC, end);
  or_die(null, "fcntl(F_DUPFD_CLOEXEC) of /dev/null");
  or_die(::dup2(null, STDIN_FILENO), "dup2(stdin)");
  or_die(::dup2(null, STDOUT_FILENO), "dup2(stdout)");
  if (::fcntl(STDERR_FILENO, F_GETFD) == -1) or_die(::dup2(null, STDERR_FILENO), "dup2(stderr)");
  std::vector<int> kept;
  for (const int descriptor : moved) {
    kept.push_back(kFirstKept + static_cast<int>(kept.size()));
    or_die(::dup3(descriptor, kept.back(), O_CLOEXEC), "dup3()");
  }
  or_die(::close_range(static_cast<unsigned>(end), ~0U, 0), "close_range()");
  return kept;
}

void arrange_surroundings_or_die(const Profile& profile) {
  const std::string name = ("modgate-" + profile.name).substr(0, kLongestName);
  or_die(::prctl(PR_SET_NAME, name.c_str(), 0, 0, 0), "prctl(PR_SET_NAME)");
  if (::clearenv() != 0) die("clearenv()", 0);
  or_die(::chdir("/"), "chdir(/)");
  static_cast<void>(::umask(077));  // cannot fail
  if (profile.oom_score_adj != 0) raise_oom_score_or_die(profile.oom_score_adj);
  limit_resources_or_die(profile);
  static_cast<void>(::alarm(static_cast<unsigned>(profile.deadline.count())));  // cannot fail
}

}  // namespace modgate
