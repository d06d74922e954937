// SPDX-License-Identifier: Apache-2.0
#include <ctime>

#include "gate/cli/admin/commands.h"
#include "gate/cli/admin/pin_file.h"
#include "gate/cli/output.h"
#include "gate/module/signature.h"

namespace modgate {
namespace {

constexpr const char* kSigners = "/etc/modgate/signers";

int pin(const CommandLine& line) {
  Output output(line.json);
  if (line.words.size() != 1) {
    return output.refuse(Error{Outcome::usage, "pin takes one module's file"});
  }
  prepare_verification();
  const auto pinned = pin_file(line.words.front(), known_signers(kSigners, std::time(nullptr)));
  if (!pinned) return output.refuse(pinned.error());
  std::string text = line.json ? pin_json(*pinned) : pin_rule(*pinned);
  if (text.ends_with('\n')) text.pop_back();
  const auto shown = output.line(text);
  return shown ? 0 : output.refuse(shown.error());
}

}  // namespace

Command pin_command() {
  return {"pin",
          "FILE.ko[.xz,.zst,.gz]",
          "Prints a rule for exactly this module: its name and the digest of what the kernel gets, "
          "with\n"
          "who signed it, the parameters that it declares and the kernel that it is built for as\n"
          "comments. Put the name of a role in place of NAME. The file is read with your own "
          "rights.\n\n"
          "  modgate pin ./mydrv.ko",
          false,
          {},
          pin};
}

}  // namespace modgate
