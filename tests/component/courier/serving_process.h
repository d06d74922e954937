// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "catch.h"

namespace modgate::sample {

/// Something that runs in a process of its own until the test is over.
class ServingProcess {
 public:
  explicit ServingProcess(const std::function<int()>& work) {
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) ::_exit(work());
  }
  ServingProcess(const ServingProcess&) = delete;
  ServingProcess& operator=(const ServingProcess&) = delete;
  ~ServingProcess() {
    if (child_ < 0) return;
    static_cast<void>(::kill(child_, SIGKILL));
    static_cast<void>(::waitpid(child_, nullptr, 0));
  }

  /// Its exit status, once it ends by itself.
  int ended() {
    int status = 0;
    REQUIRE(::waitpid(child_, &status, 0) == child_);
    child_ = -1;
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
  }

 private:
  pid_t child_ = -1;
};

}  // namespace modgate::sample
