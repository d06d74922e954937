// SPDX-License-Identifier: Apache-2.0
#include "gate/witness/options.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <sstream>
#include <string_view>

namespace modgate {
namespace {

Status set_listen(std::string_view text, WitnessOptions& options) {
  const std::size_t colon = text.rfind(':');
  const Error malformed{Outcome::usage, "--listen takes ADDRESS:PORT, such as 127.0.0.1:7327"};
  if (colon == std::string_view::npos) return malformed;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string_view port = text.substr(colon + 1);
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), options.port);
  if (host.empty() || port.empty() || parsed.ec != std::errc() ||
      parsed.ptr != port.data() + port.size()) {
    return malformed;
  }
  options.host = host;
  return Done{};
}

Status set_prefix(std::string_view prefix, WitnessOptions& options) {
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  const bool is_plain = std::all_of(prefix.begin(), prefix.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '.' || c == '-' || c == '_';
  });
  if (!is_plain || (!prefix.empty() && prefix.front() != '/')) {
    return Error{Outcome::usage, "--prefix takes a path such as /w1"};
  }
  options.path = std::string(prefix) + "/add-checkpoint";
  return Done{};
}

}  // namespace

Result<WitnessCommand> parse_witness_options(int argc, char** argv) {
  namespace po = boost::program_options;
  WitnessOptions options;
  std::string listen;
  std::string prefix;
  std::string name;
  po::options_description known(
      "modgate-witness: keeps one checkpoint a log and cosigns only consistent growth");
  known.add_options()                                                                            //
      ("make-key", po::value(&name), "make --key and --vkey for a witness of this name")         //
      ("key", po::value(&options.key), "the key to cosign with, Ed25519 in PEM")                 //
      ("vkey", po::value(&options.vkey), "its verifier key, which logs and auditors are given")  //
      ("logs", po::value(&options.logs),
       "the logs to serve: a file of verifier keys, or a folder "
       "of such files, *.vkey")                                                              //
      ("state", po::value(&options.state), "where the last checkpoint of each log is kept")  //
      ("listen", po::value(&listen), "ADDRESS:PORT; 127.0.0.1:7327")                         //
      ("prefix", po::value(&prefix), "what stands before /add-checkpoint in the URL")        //
      ("help", "show this")("version", "print the version");
  if (argc < 1 || argv == nullptr) return Error{Outcome::usage, "started without a name"};
  po::variables_map given;
  try {
    // Nothing is guessed: an abbreviated option is unknown, and there are no positional ones.
    const int style =
        po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(argc, argv).options(known).positional({}).style(style).run(),
              given);
    po::notify(given);
  } catch (const po::error& error) {
    return Error{Outcome::usage, error.what()};
  }
  if (given.contains("version")) return WitnessCommand{{}, "modgate-witness " MODGATE_VERSION "\n"};
  if (given.contains("help")) {
    std::ostringstream text;
    text << "Usage: modgate-witness [OPTION]...\n" << known;
    return WitnessCommand{{}, text.str()};
  }
  if (given.contains("make-key")) options.new_key = name;
  if (given.contains("listen")) {
    if (auto set = set_listen(listen, options); !set) return set.error();
  }
  if (given.contains("prefix")) {
    if (auto set = set_prefix(prefix, options); !set) return set.error();
  }
  return WitnessCommand{options, {}};
}

}  // namespace modgate
