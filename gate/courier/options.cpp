// SPDX-License-Identifier: Apache-2.0
#include "gate/courier/options.h"

#include <boost/program_options.hpp>
#include <sstream>

namespace modgate {

Result<CourierCommand> parse_courier_options(int argc, char** argv) {
  namespace po = boost::program_options;
  CourierOptions options;
  po::options_description known(
      "modgate-courier: carries checkpoints of the audit log to its witnesses");
  known.add_options()                                                  //
      ("socket", po::value(&options.socket), "where the recorder is")  //
      ("ca-file", po::value(&options.ca_file),
       "certificate authorities of the witnesses, in PEM, where the system has them not")  //
      ("help", "show this")("version", "print the version");
  if (argc < 1 || argv == nullptr) return Error{Outcome::usage, "started without a name"};
  try {
    po::variables_map given;
    // Nothing is guessed: an abbreviated option is unknown, and there are no positional ones.
    const int style =
        po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(argc, argv).options(known).positional({}).style(style).run(),
              given);
    po::notify(given);
    if (given.contains("version")) {
      return CourierCommand{{}, "modgate-courier " MODGATE_VERSION "\n"};
    }
    if (given.contains("help")) {
      std::ostringstream text;
      text << "Usage: modgate-courier [OPTION]...\n" << known;
      return CourierCommand{{}, text.str()};
    }
  } catch (const po::error& error) {
    return Error{Outcome::usage, error.what()};
  }
  return CourierCommand{options, {}};
}

}  // namespace modgate
