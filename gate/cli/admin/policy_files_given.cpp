// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/policy_files_given.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "gate/config/policy_files.h"
#include "modgate/handle.h"

namespace modgate {
namespace {

Error cannot_read(const std::string& path, const std::string& why) {
  return {Outcome::failed, "cannot read " + path + ": " + why};
}

Result<std::string> read_whole(const std::string& path, std::size_t most) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat state = {};
  if (!file || ::fstat(file.get(), &state) != 0) return cannot_read(path, std::strerror(errno));
  if (!S_ISREG(state.st_mode)) return cannot_read(path, "it is no regular file");
  std::string text;
  std::string part(std::size_t{64} * 1024, '\0');
  while (true) {
    const ssize_t got = ::read(file.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(path, std::strerror(errno));
    if (got == 0) return text;
    text.append(part, 0, static_cast<std::size_t>(got));
    if (text.size() > most) return cannot_read(path, "a policy is not so large");
  }
}

}  // namespace

Result<std::vector<PolicyFile>> installed_policy() {
  auto files = read_policy_files({});
  if (!files) return Error{Outcome::failed, files.error().message, files.error().code};
  return files;
}

Result<std::vector<PolicyFile>> policy_of_files(const std::vector<std::string>& paths) {
  std::vector<PolicyFile> sources;
  std::size_t room = kMostPolicyBytes;
  for (const std::string& path : paths) {
    auto text = read_whole(path, room);
    if (!text) return text.error();
    room -= text->size();
    sources.push_back({path, std::move(*text)});
  }
  return sources;
}

NamedFiles named_files(bool installed) { return installed ? NamedFiles() : NamedFiles(read_whole); }

std::vector<Problem> ignored_files(const std::vector<PolicyFile>& named) {
  std::vector<Problem> problems;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(PolicyLocation{}.policy_dir, none)) {
    const std::string name = entry.path().filename();
    const bool is_named = std::any_of(named.begin(), named.end(), [&](const PolicyFile& file) {
      return file.path == entry.path().string();
    });
    // What an editor left behind, ours too, is nobody's policy.
    if (is_named || is_policy_file_name(name) || name.ends_with('~')) continue;
    const std::string why =
        name.starts_with('.') ? "its name begins with a dot" : "its name does not end in .toml";
    problems.push_back({false, entry.path(), 1, 1, "is no part of the policy: " + why});
  }
  return problems;
}

}  // namespace modgate
