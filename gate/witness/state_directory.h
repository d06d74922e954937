// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "modgate/handle.h"
#include "modgate/result.h"

namespace modgate {

/// Where a witness keeps, for each log, the last checkpoint that it cosigned: one file a log, named
/// after the SHA-256 of the log's origin. One process at a time.
class StateDirectory {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{64} * 1024;

  /// Opens and locks it until the object is gone. Refuses one that is missing, does not belong to
  /// this process's uid, can be written by group or others, or is in use by another witness.
  static Result<StateDirectory> open(const std::string& path);

  /// The stored note; nullopt where there is none. An error (Outcome::unavailable) where the file
  /// cannot be read whole or is longer than kMostBytes.
  [[nodiscard]] Result<std::optional<std::string>> read(const std::string& origin) const;

  /// Replaces it: after Done the new one is on disk and survives a loss of power, before that the
  /// old one is there whole. Not for two threads and one origin at a time.
  [[nodiscard]] Status write(const std::string& origin, const std::string& note) const;

  /// The name of an origin's file: 64 hex digits and ".checkpoint".
  static std::string file_name(const std::string& origin);

 private:
  StateDirectory(Fd directory, std::string path)
      : directory_(std::move(directory)), path_(std::move(path)) {}

  [[nodiscard]] Error failed(const std::string& what, const std::string& name) const;

  Fd directory_;
  std::string path_;
};

}  // namespace modgate
