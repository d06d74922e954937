// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <unistd.h>

#include <boost/program_options.hpp>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <utility>

#include "gate/courier/courier.h"
#include "gate/wire/courier_messages.h"

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

int run_with(const std::string& socket, CourierSettings settings) {
  // A witness that hangs up is an answer that did not come, not the end of all visits.
  if (::signal(SIGPIPE, SIG_IGN) == SIG_ERR) return 1;
  auto recorder = connect_to_recorder(socket);
  if (!recorder) {
    journal(recorder.error().message);
    return 1;
  }
  auto carried = carry(std::move(*recorder), std::move(settings));
  if (!carried) journal(carried.error().message);
  return carried ? 0 : 1;
}

int run(int argc, char** argv) {
  namespace po = boost::program_options;
  std::string socket = kCourierSocket;
  CourierSettings settings;
  settings.journal = journal;
  po::options_description known(
      "modgate-courier: carries checkpoints of the audit log to its witnesses");
  known.add_options()                                                                     //
      ("socket", po::value(&socket), "where the recorder is; /run/modgate/courier.sock")  //
      ("ca-file", po::value(&settings.ca_file),
       "certificate authorities of the witnesses, in PEM, where the system has them not")  //
      ("help", "show this")("version", "print the version");
  po::variables_map given;
  try {
    const int style =
        po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(argc, argv).options(known).positional({}).style(style).run(),
              given);
    po::notify(given);
  } catch (const po::error& error) {
    journal(error.what());
    return 2;
  }
  if (given.contains("version")) {
    return std::puts("modgate-courier " MODGATE_VERSION) < 0 ? 1 : 0;
  }
  if (given.contains("help")) {
    std::cout << "Usage: modgate-courier [OPTION]...\n" << known << std::flush;
    return std::cout ? 0 : 1;
  }
  return run_with(socket, std::move(settings));
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
