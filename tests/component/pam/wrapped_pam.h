// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace modgate::sample {

/// One call of authenticate() on a PAM of the test's own.
struct Try {
  std::string stack;  ///< the service's text; MODULES stands for pam_wrapper's folder
  std::string user = "alice";
  std::string terminal;
  std::string answer = "right";  ///< to every prompt
  std::string trouble;           ///< "ask", "show", "try" or "throw": what goes wrong
  std::vector<std::string> environment;
  bool exists = true;  ///< the service; else only `other` is there
};

struct Answered {
  int code = -1;  ///< of the error; 0 for success, -1 where the program died
  std::string message;
  std::vector<std::string> heard;  ///< "ask Password: ", "show ...", "try"
};

/// Runs it in a program of its own with libpam_wrapper, whose modules know alice with the password
/// "right", bob with "other", and carol whom only another service may have.
Answered authenticate_wrapped(const Try& what);

/// Whether that is possible here; says loudly when not.
bool skipped_without_wrapper();

}  // namespace modgate::sample
