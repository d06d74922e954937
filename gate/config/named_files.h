// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "gate/config/policy_files.h"
#include "modgate/result.h"

namespace modgate {

/// A file that a policy names is at most so large.
inline constexpr std::size_t kMostNamedBytes = std::size_t{16} << 20U;

/// The files that the files of a policy name (lists of digests). Each is read once, so that what
/// was parsed is what the policy's digest covers, whoever writes to it meanwhile.
class NamedFiles {
 public:
  using Read = std::function<Result<std::string>(const std::string& path, std::size_t max_bytes)>;

  /// Those of a policy in force are read as read_root_owned() does.
  NamedFiles();
  explicit NamedFiles(Read read) : read_(std::move(read)) {}

  /// The text of the file, as it was when it was first asked for.
  Result<std::string> read(const std::string& path);

  /// All that could be read, in the order of their paths. Their texts are forgotten, and whether
  /// they changed since is not.
  std::vector<PolicyFile> take();

  /// Whether any of them, readable or not, may be another one than when it was read.
  [[nodiscard]] bool may_have_changed() const;

 private:
  struct Entry {
    std::string fingerprint;
    Result<std::string> text;
  };

  Read read_;
  std::map<std::string, Entry> entries_;
};

}  // namespace modgate
