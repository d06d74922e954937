// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace modgate {

/// The words as execve(2) takes them, a null pointer behind the last. Valid as long as the words
/// are.
inline std::vector<char*> exec_arguments(std::vector<std::string>& words) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  return arguments;
}

}  // namespace modgate
