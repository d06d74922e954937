// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace modgate {

/// A file of a policy, or one that a policy names, as it was read.
struct PolicyFile {
  std::string path;
  std::string text;
};

}  // namespace modgate
