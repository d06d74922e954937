// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/modprobe_lines.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>

namespace modgate {
namespace {

namespace fs = std::filesystem;

/// The files that modprobe reads: of two with one name the first directory's (modprobe.d(5)).
std::map<std::string, fs::path> files_of(const std::vector<std::string>& directories) {
  std::map<std::string, fs::path> files;
  for (const std::string& directory : directories) {
    std::error_code none;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, none)) {
      if (entry.path().extension() == ".conf") files.emplace(entry.path().filename(), entry.path());
    }
  }
  return files;
}

bool allows_by_name(const Policy& policy, const std::string& name, bool unload) {
  return std::any_of(policy.rules().begin(), policy.rules().end(), [&](const Rule& rule) {
    if (!rule.is_allow || !(unload ? rule.unload || rule.unload_own : rule.load)) return false;
    return std::any_of(rule.modules.begin(), rule.modules.end(),
                       [&](const Glob& glob) { return glob.matches(name); });
  });
}

}  // namespace

std::vector<Problem> modprobe_lines_in_the_way(const Policy& policy,
                                               const std::vector<std::string>& directories) {
  std::vector<Problem> problems;
  for (const auto& [name, path] : files_of(directories)) {
    std::ifstream lines(path);
    std::uint32_t number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      std::istringstream words(line);
      std::string command;
      std::string module;
      words >> command >> module;
      if (command != "install" && command != "remove") continue;
      std::replace(module.begin(), module.end(), '-', '_');
      if (!allows_by_name(policy, module, command == "remove")) continue;
      std::string message = "this '";
      message.append(command)
          .append("' line makes ")
          .append(module)
          .append(" be refused, which the policy allows: such commands are never run");
      problems.push_back({false, path.string(), number, 1, std::move(message)});
    }
  }
  return problems;
}

}  // namespace modgate
