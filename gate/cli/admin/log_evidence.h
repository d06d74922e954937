// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gate/cli/command_line.h"
#include "gate/evidence/checkpoint.h"
#include "gate/evidence/verifier_key.h"
#include "modgate/handle.h"
#include "modgate/result.h"

namespace modgate {

/// What the commands about the log's evidence share.

/// The directory of `--from`, or the machine's own log.
Result<Fd> open_log_to_read(const CommandLine& line);

/// The log's verification key: `--key VKEY|FILE`, else /etc/modgate/log.vkey. nullopt where none
/// was given and there is none.
Result<std::optional<VerifierKey>> log_key_of(const CommandLine& line);

/// The keys of `--witness`, which may be given several times.
Result<std::vector<VerifierKey>> witnesses_of(const CommandLine& line);

/// A whole file of at most `max_bytes`; `-` is standard input. Outcome::failed.
Result<std::string> read_given_file(const std::string& path, std::size_t max_bytes);

/// What the file of `--checkpoint` holds: a signed note, or what `log head` printed (a key before
/// it).
Result<SignedCheckpoint> checkpoint_in(std::string_view text);

/// "2026-12-01T10:00:00Z".
std::string utc_text(std::uint64_t seconds);

inline constexpr CommandOption kFromOption = {"from", "DIR", "another log than /var/log/modgate"};
inline constexpr CommandOption kKeyOption = {
    "key", "VKEY|FILE", "the log's verification key, in place of /etc/modgate/log.vkey"};
inline constexpr CommandOption kWitnessOption = {
    "witness", "VKEY", "whose cosignatures count; may be given many times", true};

}  // namespace modgate
