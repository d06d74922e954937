// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gate/cli/admin/sudoers_command.h"
#include "modgate/result.h"

namespace modgate {

/// The users of a line, as far as a policy can name them.
struct SudoersUsers {
  std::vector<std::string> members;  ///< as a policy writes them
  std::vector<std::string> others;   ///< who cannot be named there, as shown to a person
  std::vector<std::string> logins;   ///< the names among them, in lower case, in order
  bool has_negated = false;
  bool is_open = false;  ///< there are others than those with a login in the list
};

/// The hosts of a line. Neither all nor any: it holds on none that a policy can name.
struct SudoersHosts {
  bool all = false;
  std::vector<std::string> names;   ///< globs of a policy
  std::vector<std::string> others;  ///< which cannot be named there, as shown to a person
  bool has_negated = false;
};

/// One command of one line, with all that holds for it.
struct SudoersLine {
  std::shared_ptr<const SudoersUsers> users;  ///< never null
  std::shared_ptr<const SudoersHosts> hosts;  ///< never null
  bool is_root = false;                       ///< the command may certainly be run as root
  bool asks_password = true;
  std::string not_before;  ///< as a policy writes it; empty: from ever
  std::string expires;     ///< empty: for ever
  std::string option;      ///< one that no policy can say; empty: none
  bool is_negated = false;
  std::string text;  ///< of the command
  SudoersCommand command;
};

/// A sudoers file, in its order. Commands that have nothing to do with modules are left out.
struct SudoersFile {
  std::vector<SudoersLine> lines;
  bool has_defaults = false;
  bool asks_another_password = false;  ///< of root or the target, by a default
};

/// Reads what `cvtsudoers -e -f json` printed. Refuses what is no JSON of that kind, is nested
/// deeply, or has more than a few thousand such commands. What it does not know counts as the
/// worst.
Result<SudoersFile> read_sudoers(std::string_view json);

}  // namespace modgate
