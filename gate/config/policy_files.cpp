// SPDX-License-Identifier: Apache-2.0
#include "gate/config/policy_files.h"

#include <cerrno>
#include <utility>

#include "gate/config/directory_names.h"
#include "gate/config/trusted_file.h"

namespace modgate {
namespace {

Result<std::vector<std::string>> further_files(const std::string& directory) {
  std::vector<std::string> paths;
  auto opened = open_root_owned_directory(directory);
  if (!opened && opened.error().code == ENOENT) return paths;
  if (!opened) return opened.error();
  auto names = names_in(opened->get(), directory);
  if (!names) return names.error();
  for (const std::string& name : *names) {
    if (is_policy_file_name(name)) paths.emplace_back(directory).append("/").append(name);
  }
  return paths;
}

}  // namespace

bool is_policy_file_name(std::string_view name) {
  constexpr std::string_view kEnding = ".toml";
  return name.size() > kEnding.size() && name.front() != '.' && name.ends_with(kEnding);
}

Result<std::vector<PolicyFile>> read_policy_files(const PolicyLocation& location) {
  std::vector<std::string> paths = {location.policy};
  auto further = further_files(location.policy_dir);
  if (!further) return further.error();
  paths.insert(paths.end(), further->begin(), further->end());

  std::vector<PolicyFile> files;
  std::size_t room = kMostPolicyBytes;
  for (const std::string& path : paths) {
    auto text = read_root_owned(path, room);
    if (!text) return text.error();
    room -= text->size();
    files.push_back({path, std::move(*text)});
  }
  return files;
}

}  // namespace modgate
