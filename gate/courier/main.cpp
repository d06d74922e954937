// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string>
#include <utility>

#include "gate/courier/courier.h"
#include "gate/courier/options.h"

namespace modgate {
namespace {

/// One call a line, so that the lines of threads do not mix; control characters escaped.
void journal(const std::string& text) {
  std::string line = "modgate-courier: ";
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    line += code < 0x20 || code == 0x7f ? '?' : byte;
  }
  line += '\n';
  // Nobody is left to tell where standard error is gone.
  static_cast<void>(std::fputs(line.c_str(), stderr));
}

int run(int argc, char** argv) {
  auto command = parse_courier_options(argc, argv);
  if (!command) {
    journal(command.error().message);
    return 2;
  }
  if (!command->run) return std::fputs(command->text.c_str(), stdout) < 0 ? 1 : 0;
  // A witness that hangs up is an answer that did not come, not the end of all visits.
  if (::signal(SIGPIPE, SIG_IGN) == SIG_ERR) return 1;
  auto recorder = connect_to_recorder(command->run->socket);
  if (!recorder) {
    journal(recorder.error().message);
    return 1;
  }
  auto carried = carry(std::move(*recorder), {command->run->ca_file, journal});
  if (!carried) journal(carried.error().message);
  return carried ? 0 : 1;
}

}  // namespace
}  // namespace modgate

int main(int argc, char** argv) {
  int status = 1;
  try {
    status = modgate::run(argc, argv);
  } catch (const std::exception& failure) {
    modgate::journal(failure.what());
  } catch (...) {
    modgate::journal("an unknown error");
  }
  if (std::fflush(nullptr) != 0) status = 1;
  // The threads of the visits are still at work; nothing may be taken down below them.
  ::_exit(status);
}
