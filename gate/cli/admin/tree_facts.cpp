// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/tree_facts.h"

#include <sys/utsname.h>

#include <algorithm>
#include <fstream>

namespace modgate {
namespace {

/// "kernel/drivers/net/dummy" of "kernel/drivers/net/dummy.ko.xz".
std::string without_ending(const std::string& path) {
  const std::size_t name = path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1;
  return path.substr(0, path.find('.', name));
}

std::string canonical_name(const std::string& place) {
  std::string name = place.substr(place.rfind('/') + 1);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// False where the file cannot be read.
bool add_from(const std::string& path, bool built_in, std::vector<TreeModule>& modules) {
  std::ifstream lines(path);
  if (!lines) return false;
  for (std::string line; std::getline(lines, line);) {
    const std::string place = without_ending(line.substr(0, line.find(':')));
    if (place.empty()) continue;
    modules.push_back({canonical_name(place), built_in ? std::string() : place});
  }
  return true;
}

}  // namespace

std::optional<std::vector<TreeModule>> modules_of_tree(const std::string& directory) {
  std::vector<TreeModule> modules;
  if (!add_from(directory + "/modules.dep", false, modules) ||
      !add_from(directory + "/modules.builtin", true, modules)) {
    return std::nullopt;
  }
  return modules;
}

std::optional<std::vector<TreeModule>> modules_of_running_kernel() {
  utsname names = {};
  if (::uname(&names) != 0) return std::nullopt;
  return modules_of_tree(std::string("/lib/modules/") + names.release);
}

}  // namespace modgate
