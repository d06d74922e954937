// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/administration.h"

#include <unistd.h>

#include <array>
#include <climits>
#include <string>

#include "gate/cli/output.h"
#include "gate/cli/review_command_line.h"

namespace modgate {
namespace {

/// The folder that this program lies in; empty where the kernel does not say.
std::string own_folder() {
  std::array<char, PATH_MAX> path = {};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0 || static_cast<std::size_t>(length) == path.size()) return {};
  const std::string whole(path.data(), static_cast<std::size_t>(length));
  return whole.substr(0, whole.rfind('/'));
}

}  // namespace

std::vector<Command> administration_commands() {
  std::vector<Command> commands;
  for (const char* name : {"policy check", "policy edit", "policy import-sudoers", "log head",
                           "log prove", "log verify", "log verify-proof", "log who", "pin"}) {
    commands.push_back({name, "", ""});
  }
  commands.push_back({"log", "", "", false, log_options()});
  commands.push_back({"log sign-off", "", "", true, sign_off_options()});
  commands.push_back({"report", "", "", false, report_options()});
  return commands;
}

int go_on_as_administration(char** argv, bool json) {
  const std::string folder = own_folder();
  for (const char* place : {"/../libexec/modgate/modgate-admin", "/modgate-admin"}) {
    const std::string program = folder + place;
    // Comes back only where the program is not there or cannot be run.
    static_cast<void>(::execv(program.c_str(), argv));
  }
  return Output(json).refuse(Error{
      Outcome::failed, "modgate-admin is not installed beside this program; install Modgate anew"});
}

}  // namespace modgate
