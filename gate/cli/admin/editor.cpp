// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/editor.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <sstream>

#include "gate/cli/admin/exec_arguments.h"

namespace modgate {
namespace {

constexpr int kNotStarted = 127;

bool names_one(const char* text) {
  return text != nullptr && std::strspn(text, " \t\n") != std::strlen(text);
}

/// Ctrl-C at the terminal is for the editor alone while it runs.
class InterruptIgnored {
 public:
  InterruptIgnored() {
    struct sigaction ignore = {};
    ignore.sa_handler = SIG_IGN;
    // Cannot fail for these two signals (sigaction(2)).
    static_cast<void>(::sigaction(SIGINT, &ignore, &interrupt_));
    static_cast<void>(::sigaction(SIGQUIT, &ignore, &quit_));
  }
  InterruptIgnored(const InterruptIgnored&) = delete;
  InterruptIgnored& operator=(const InterruptIgnored&) = delete;
  ~InterruptIgnored() { restore(); }

  void restore() const {
    static_cast<void>(::sigaction(SIGINT, &interrupt_, nullptr));
    static_cast<void>(::sigaction(SIGQUIT, &quit_, nullptr));
  }

 private:
  struct sigaction interrupt_ = {};
  struct sigaction quit_ = {};
};

[[noreturn]] void become_editor(const std::vector<std::string>& words, const std::string& file) {
  std::vector<std::string> kept = words;
  kept.push_back(file);
  const std::vector<char*> arguments = exec_arguments(kept);
  ::execvp(arguments.front(), arguments.data());
  ::_exit(kNotStarted);
}

}  // namespace

Result<std::vector<std::string>> editor_words(const char* visual, const char* editor) {
  const char* named = names_one(visual) ? visual : names_one(editor) ? editor : "/usr/bin/editor";
  std::istringstream text(named);
  std::vector<std::string> words;
  for (std::string word; text >> word;) {
    if (word == "--") {
      return Error{Outcome::usage, "the editor must not have a -- among its words: '" +
                                       std::string(named) + "'; set EDITOR to another"};
    }
    words.push_back(word);
  }
  return words;
}

Status run_editor(const std::vector<std::string>& words, const std::string& file) {
  const InterruptIgnored ignored;
  const pid_t child = ::fork();
  if (child == 0) {
    ignored.restore();
    become_editor(words, file);
  }
  if (child < 0) return Error{Outcome::failed, std::string("fork: ") + std::strerror(errno), errno};
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      return Error{Outcome::failed, std::string("waitpid: ") + std::strerror(errno), errno};
    }
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return Done{};
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotStarted) {
    return Error{Outcome::failed,
                 "the editor '" + words.front() + "' cannot be started; set EDITOR"};
  }
  return Error{Outcome::failed, "the editor '" + words.front() + "' ended with an error"};
}

}  // namespace modgate
