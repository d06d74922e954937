// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/pager.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "gate/cli/admin/exec_arguments.h"
#include "modgate/handle.h"

namespace modgate {
namespace {

/// What spawning needs; given back at the end.
class SpawnSettings {
 public:
  SpawnSettings() {
    ok_ = ::posix_spawn_file_actions_init(&actions_) == 0 &&
          ::posix_spawnattr_init(&attributes_) == 0;
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    if (!ok_) return;
    // Cannot fail for what was initialised (posix_spawnattr_destroy(3)).
    static_cast<void>(::posix_spawn_file_actions_destroy(&actions_));
    static_cast<void>(::posix_spawnattr_destroy(&attributes_));
  }

  bool read_from(int descriptor) {
    return ok_ && ::posix_spawn_file_actions_adddup2(&actions_, descriptor, STDIN_FILENO) == 0;
  }

  std::optional<pid_t> spawn(std::vector<std::string> words) {
    const std::vector<char*> arguments = exec_arguments(words);
    pid_t child = 0;
    const int failed = ::posix_spawnp(&child, arguments.front(), &actions_, &attributes_,
                                      arguments.data(), environ);
    return failed == 0 ? std::optional<pid_t>(child) : std::nullopt;
  }

 private:
  posix_spawn_file_actions_t actions_ = {};
  posix_spawnattr_t attributes_ = {};
  bool ok_ = false;
};

void ignore(int signal) {
  struct sigaction action = {};
  action.sa_handler = SIG_IGN;
  // Cannot fail for these signals (sigaction(2)).
  static_cast<void>(::sigaction(signal, &action, nullptr));
}

}  // namespace

std::vector<std::string> pager_words(const char* pager) {
  std::istringstream text(pager == nullptr ? "less" : pager);
  std::vector<std::string> words;
  for (std::string word; text >> word;) words.push_back(word);
  if (words.size() == 1 && words.front() == "cat") words.clear();
  return words;
}

std::optional<Pager> Pager::start() {
  if (::isatty(STDOUT_FILENO) != 1) return std::nullopt;
  const auto words = pager_words(std::getenv("PAGER"));
  std::array<int, 2> ends = {-1, -1};
  if (words.empty() || ::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  const Fd read_end(ends[0]);
  const Fd write_end(ends[1]);
  // Quit if it fits the screen, leave it there, keep colours. Where these cannot be set the pager
  // is only less comfortable, but it must not start a shell.
  static_cast<void>(::setenv("LESS", "FRX", 0));
  if (::setenv("LESSSECURE", "1", 1) != 0) return std::nullopt;
  SpawnSettings settings;
  if (!settings.read_from(read_end.get())) return std::nullopt;
  const auto child = settings.spawn(words);
  if (!child) return std::nullopt;
  if (::dup2(write_end.get(), STDOUT_FILENO) < 0) {
    // It reads nothing and ends by itself.
    return std::nullopt;
  }
  // Ctrl-C is the pager's; whoever leaves it early ends the output (EPIPE), not this process.
  ignore(SIGINT);
  ignore(SIGPIPE);
  return Pager(*child);
}

Pager::Pager(Pager&& other) noexcept : child_(std::exchange(other.child_, -1)) {}

Pager::~Pager() {
  if (child_ < 0) return;
  // Its end of the output; the other one was closed when the pager started.
  static_cast<void>(::close(STDOUT_FILENO));
  int status = 0;
  while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace modgate
