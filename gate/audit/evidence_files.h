// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gate/evidence/checkpoint.h"
#include "modgate/result.h"

namespace modgate {

/// The names beside the segments under which evidence of the log is kept. All of them are signed
/// notes of one checkpoint each.

/// The newest checkpoint.
inline constexpr const char* kCheckpointName = "checkpoint";
/// The newest checkpoint that the witness with this key id cosigned: "cosigned.<id, 8 hex digits>".
std::string cosigned_name(std::uint32_t key_id);
/// The checkpoint that the log had when the segment was finished:
/// "<first sequence number, 18 digits>.checkpoint".
std::string segment_checkpoint_name(std::uint64_t first_sequence);

/// All names of such files in the directory, sorted.
Result<std::vector<std::string>> list_checkpoints(int directory);

/// Reads a checkpoint; nullopt where the file is missing. Verifies no signature. An error
/// (Outcome::failed) for what is none.
Result<std::optional<SignedCheckpoint>> read_checkpoint(int directory, const std::string& name);

/// Whether the file is to survive a crash of the machine from now on, or the next one will do.
enum class Durable : std::uint8_t { no, yes };

/// Puts a file in place of what stands under its name, so that a reader sees the old or the new one
/// whole. Mode 0640 less the umask.
Status replace_file(int directory, const std::string& name, std::string_view bytes,
                    Durable durable);

}  // namespace modgate
