// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "component/cli/fake_helper.h"

namespace modgate::sample {

/// What is written to the descriptor of standard output while this is there.
class CapturedOutput {
 public:
  CapturedOutput() : file_(std::tmpfile()), before_(::dup(STDOUT_FILENO)) {
    std::cout.flush();
    REQUIRE(file_ != nullptr);
    REQUIRE(::dup2(::fileno(file_), STDOUT_FILENO) == STDOUT_FILENO);
  }
  CapturedOutput(const CapturedOutput&) = delete;
  CapturedOutput& operator=(const CapturedOutput&) = delete;
  ~CapturedOutput() {
    restore();
    static_cast<void>(std::fclose(file_));
  }

  std::string text() {
    restore();
    std::string all;
    char block[4096];
    std::rewind(file_);
    for (std::size_t got = 1; got > 0;) {
      got = std::fread(block, 1, sizeof block, file_);
      all.append(block, got);
    }
    return all;
  }

 private:
  void restore() {
    if (!before_) return;
    static_cast<void>(::dup2(before_.get(), STDOUT_FILENO));
    before_.reset();
  }

  std::FILE* file_;
  Fd before_;
};

/// Runs a command that may write to the descriptor itself.
inline Ran run_captured(const Command& command, CommandLine line) {
  line.command = &command;
  CapturedOutput captured;
  const std::ostringstream out;
  const std::ostringstream err;
  std::streambuf* out_before = std::cout.rdbuf(out.rdbuf());
  std::streambuf* err_before = std::cerr.rdbuf(err.rdbuf());
  Ran ran;
  try {
    ran.status = command.run(line);
  } catch (const std::exception& failure) {
    ran.err = failure.what();
  }
  std::cout.rdbuf(out_before);
  std::cerr.rdbuf(err_before);
  ran.out = captured.text() + out.str();
  ran.err += err.str();
  return ran;
}

}  // namespace modgate::sample
