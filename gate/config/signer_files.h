// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "modgate/result.h"

namespace modgate {

/// A file in the signers directory, as bytes; an error in their place where the file is not safe or
/// cannot be read.
struct SignerFile {
  std::string name;  ///< in the directory: "lab-key.pem"
  Result<std::string> content;
};

/// Reads all *.pem and *.der files of the directory in name order, each of at most `max_bytes`, as
/// read_root_owned() does. A missing directory is an empty one. One file that is unsafe spoils only
/// itself: what it names matches nothing. An unsafe directory is an error.
Result<std::vector<SignerFile>> read_signer_files(const std::string& directory,
                                                  std::size_t max_bytes);

}  // namespace modgate
