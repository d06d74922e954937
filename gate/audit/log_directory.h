// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modgate/handle.h"
#include "modgate/result.h"

namespace modgate {

/// One file of the log: `<sequence number of its first record, 18 digits>.jsonl`.
struct Segment {
  std::uint64_t first = 0;
  std::string name;
};

std::string segment_name(std::uint64_t first_sequence);

/// The sequence number in a segment's name; nullopt for any other name.
std::optional<std::uint64_t> first_record_of(std::string_view segment) noexcept;

/// Opens the log's directory for its single writer and locks it until the descriptor is closed.
/// Refuses one that is missing, not owned by this process's uid, writable by group or others, or
/// that another process writes to.
Result<Fd> open_log_directory(const std::string& path);

/// All segments in order. Other names in the directory are passed over.
Result<std::vector<Segment>> list_segments(int directory);

/// Opens a segment; never follows a symbolic link, refuses what is no regular file. `flags` as of
/// open(2), O_CLOEXEC is added.
Result<Fd> open_segment(int directory, const std::string& name, int flags);

/// Makes a new file in the log's directory, mode 0640 less the umask; an existing one is an error.
Result<Fd> create_log_file(int directory, const std::string& name);

/// Writes all of `bytes` behind the file's offset; `name` is said in errors.
Status write_all(int file, std::string_view bytes, const std::string& name);

/// The last whole line of a segment, without its newline; empty where there is none. An error
/// (Outcome::failed) where the end of the file is no whole line.
Result<std::string> last_line(int directory, const std::string& name);

/// The line of a record, found by its place: it is not taken apart. Empty where no segment has it.
Result<std::string> numbered_line(int directory, std::uint64_t sequence);

/// An error about the log, with errno's words.
Error log_error(const std::string& what, int code);

}  // namespace modgate
