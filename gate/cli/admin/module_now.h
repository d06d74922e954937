// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gate/review/load_history.h"
#include "modgate/plan.h"

namespace modgate {

/// What stands now where a module was loaded from.
struct FileNow {
  enum class State : std::uint8_t {
    same,         ///< the bytes that were loaded
    changed,      ///< others
    gone,         ///< nothing
    unreadable,   ///< may not be read, or is no module any more
    handed_over,  ///< its caller brought it: it is in no tree
  };
  State state = State::handed_over;
  std::optional<Digest> sha256 = {};
};

/// "same", "changed", "gone", "unreadable" or "handed over".
const char* word(FileNow::State state) noexcept;

/// Compares the file that the record names with the digest in it. Only a file below `tree`, where
/// the kernel's modules are, is opened; unpacked it must be what the kernel got.
FileNow file_now(const RecordedModule& module, const std::string& tree = "/lib/modules/");

/// A line or several for people, or with `json` one object, of who has `name` loaded. `instance`:
/// of the module in the kernel, nullopt where there is none. `own`: the history is that of the
/// caller's own records alone.
std::string who_text(const std::string& name, std::optional<std::uint64_t> instance,
                     const LoadHistory& history, bool own);
std::string who_json(const std::string& name, std::optional<std::uint64_t> instance,
                     const LoadHistory& history);

}  // namespace modgate
