// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/program_output.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

#include "gate/cli/admin/exec_arguments.h"
#include "modgate/handle.h"

namespace modgate {
namespace {

using Clock = std::chrono::steady_clock;

Error failed(const std::string& call, int code) {
  return {Outcome::failed, call + ": " + std::strerror(code), code};
}

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends = {-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failed("pipe", errno);
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

/// A child that is gone, and waited for, at the end of its owner.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    // It is there until it is waited for, so that this is surely the child.
    static_cast<void>(::kill(pid_, SIGKILL));
    static_cast<void>(wait());
  }

  /// Waits for its end; whether that was with status 0.
  bool wait() {
    int status = -1;
    pid_t ended = -1;
    do {
      ended = ::waitpid(pid_, &status, 0);
    } while (ended < 0 && errno == EINTR);
    const bool succeeded = ended == pid_ && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    pid_ = -1;
    return succeeded;
  }

 private:
  pid_t pid_;
};

class FileActions {
 public:
  FileActions() { status_ = ::posix_spawn_file_actions_init(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { static_cast<void>(::posix_spawn_file_actions_destroy(&actions_)); }

  void open_null(int as) {
    note(::posix_spawn_file_actions_addopen(&actions_, as, "/dev/null", O_RDONLY, 0));
  }
  void put(int descriptor, int as) {
    note(::posix_spawn_file_actions_adddup2(&actions_, descriptor, as));
  }
  [[nodiscard]] int status() const noexcept { return status_; }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  void note(int status) {
    if (status_ == 0) status_ = status;
  }

  posix_spawn_file_actions_t actions_ = {};
  int status_ = 0;
};

Result<pid_t> spawn(std::vector<std::string>& words, const Fd& out, const Fd& err) {
  FileActions actions;
  actions.open_null(STDIN_FILENO);
  actions.put(out.get(), STDOUT_FILENO);
  actions.put(err.get(), STDERR_FILENO);
  if (actions.status() != 0) return failed("posix_spawn_file_actions", actions.status());
  std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  std::string language = "LANG=C";
  const std::array<char*, 3> environment = {path.data(), language.data(), nullptr};
  const std::vector<char*> arguments = exec_arguments(words);
  pid_t pid = -1;
  const int code = ::posix_spawn(&pid, arguments.front(), actions.get(), nullptr, arguments.data(),
                                 environment.data());
  if (code != 0) return failed(words.front() + " cannot be started", code);
  return pid;
}

/// Takes what there is to read; false at the end.
Result<bool> take(const Fd& from, std::string& into) {
  std::array<char, 16384> part = {};
  const ssize_t got = ::read(from.get(), part.data(), part.size());
  if (got < 0 && errno == EINTR) return true;
  if (got < 0) return failed("read", errno);
  into.append(part.data(), static_cast<std::size_t>(got));
  return got > 0;
}

Status gather(const Fd& out, const Fd& err, const ProgramLimits& limits, ProgramOutput& output) {
  const auto end = Clock::now() + limits.longest;
  std::array<pollfd, 2> waiting = {pollfd{out.get(), POLLIN, 0}, pollfd{err.get(), POLLIN, 0}};
  while (waiting[0].fd >= 0 || waiting[1].fd >= 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return Error{Outcome::failed, "it takes too long"};
    if (::poll(waiting.data(), waiting.size(), static_cast<int>(left)) < 0 && errno != EINTR) {
      return failed("poll", errno);
    }
    for (pollfd& one : waiting) {
      if (one.fd < 0 || one.revents == 0) continue;
      one.revents = 0;
      auto more =
          take(&one == &waiting[0] ? out : err, &one == &waiting[0] ? output.out : output.err);
      if (!more) return more.error();
      if (!*more) one.fd = -1;
    }
    if (output.out.size() + output.err.size() > limits.most_output) {
      return Error{Outcome::failed, "it prints too much"};
    }
  }
  return Done{};
}

}  // namespace

Result<ProgramOutput> output_of(std::vector<std::string> words, const ProgramLimits& limits) {
  const std::string name = words.front();
  auto out = make_pipe();
  if (!out) return out.error();
  auto err = make_pipe();
  if (!err) return err.error();
  auto pid = spawn(words, out->write, err->write);
  if (!pid) return pid.error();
  Child child(*pid);
  out->write = Fd();
  err->write = Fd();
  ProgramOutput output;
  auto gathered = gather(out->read, err->read, limits, output);
  if (!gathered) return Error{Outcome::failed, name + ": " + gathered.error().message};
  output.succeeded = child.wait();
  return output;
}

}  // namespace modgate
