// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "modgate/result.h"

namespace modgate {

struct ProgramLimits {
  std::size_t most_output = std::size_t{16} << 20U;
  std::chrono::milliseconds longest = std::chrono::seconds(30);
};

struct ProgramOutput {
  std::string out;
  std::string err;
  bool succeeded = false;  ///< ended by itself with status 0
};

/// Runs the program whose path and arguments `words` are, without a shell, with nothing on its
/// standard input and an environment of PATH and LANG alone, and gathers what it prints. One that
/// prints or takes more than `limits` allow is killed: Outcome::failed. Where there is no such
/// program, the error's code is ENOENT.
Result<ProgramOutput> output_of(std::vector<std::string> words, const ProgramLimits& limits = {});

}  // namespace modgate
