// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "modgate/request.h"

namespace modgate {

/// What a command of sudoers means for kernel modules.
struct SudoersCommand {
  enum class Kind : std::uint8_t {
    unrelated,  ///< it runs no tool for modules
    load,       ///< modprobe of one module by name
    unload,     ///< modprobe -r or rmmod of one module
    unsayable,  ///< it may run one, but no rule says just that; `why` tells
  };
  Kind kind = Kind::unrelated;
  std::string module = {};                 ///< load, unload: canonical
  std::vector<Parameter> parameters = {};  ///< load
  std::string why = {};                    ///< unsayable: one clause
  bool is_open = false;                    ///< it stands for more than one command
};

/// Reads one command as sudoers(5) has it: "ALL", or a path with its arguments.
SudoersCommand sudoers_command(std::string_view text);

/// Whether sudo may take `later` for a command that `earlier` means too: in doubt, yes.
bool may_be_same(const SudoersCommand& earlier, const SudoersCommand& later);

}  // namespace modgate
