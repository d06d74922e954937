// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/options.h"

#include <boost/program_options.hpp>
#include <sstream>

namespace modgate {
namespace {

constexpr std::uint64_t kMostDays = 36'500;
constexpr std::uint64_t kMostBytes = 1ULL << 60U;

}  // namespace

Result<DaemonCommand> parse_daemon_options(int argc, char** argv) {
  namespace po = boost::program_options;
  DaemonOptions options;
  po::options_description known("modgated: the helper that loads modules for those who may");
  known.add_options()                                                                      //
      ("policy", po::value(&options.policy.policy), "the role policy")                     //
      ("policy-dir", po::value(&options.policy.policy_dir), "its further files, *.toml")   //
      ("signers", po::value(&options.policy.signers), "certificates that rules may name")  //
      ("pam-service", po::value(&options.pam_service),
       "PAM service where the policy names none")                                //
      ("audit-dir", po::value(&options.audit_dir), "the audit log's directory")  //
      ("keep-days", po::value(&options.retention.keep_days),
       "remove segments of the log whose records are older; 0, the default, keeps all")  //
      ("keep-bytes", po::value(&options.retention.keep_bytes),
       "remove the oldest segments while the log is larger; 0, the default, keeps all")       //
      ("socket", po::value(&options.socket), "where callers connect; systemd's socket wins")  //
      ("log-key", po::value(&options.log_key.key), "what signs the log's checkpoints")        //
      ("log-vkey", po::value(&options.log_key.vkey), "what verifies them")                    //
      ("courier-socket", po::value(&options.courier_socket),
       "where the courier to the witnesses connects; systemd's socket wins")  //
      ("make-log-key", po::bool_switch(&options.make_log_key),
       "make the log's key where there is none, and leave")  //
      ("modules-dir", po::value(&options.modules_dir),
       "the module tree, or the directory of trees by release")  //
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
    // A negative number would be read as a large one.
    if (options.retention.keep_days > kMostDays || options.retention.keep_bytes > kMostBytes) {
      return Error{Outcome::usage, "--keep-days or --keep-bytes is out of range"};
    }
    if (given.contains("version")) return DaemonCommand{{}, "modgated " MODGATE_VERSION "\n"};
    if (given.contains("help")) {
      std::ostringstream text;
      text << "Usage: modgated [OPTION]...\n" << known;
      return DaemonCommand{{}, text.str()};
    }
  } catch (const po::error& error) {
    return Error{Outcome::usage, error.what()};
  }
  return DaemonCommand{options, {}};
}

}  // namespace modgate
