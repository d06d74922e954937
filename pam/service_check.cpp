// SPDX-License-Identifier: Apache-2.0
#include "pam/service_check.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <utility>
#include <vector>

#include "gate/config/trusted_file.h"
#include "pam/service_file.h"

namespace modgate {
namespace {

constexpr std::size_t kMostBytes = std::size_t{256} << 10U;  // of one file
constexpr std::size_t kMostFiles = 256;
constexpr int kDeepest = 16;  // PAM_SUBSTACK_MAX_LEVEL
constexpr int kMostLinks = 8;
constexpr std::size_t kLongestName = 64;

/// Where libpam looks for an include that is not in /etc (PAM_CONFIG_DIST_DF).
constexpr const char* kVendorDirectory = "/usr/lib/pam.d";
constexpr const char* kDirectory = "/etc/pam.d";

/// libpam takes what follows the last '/' and makes it lower case, so nothing else is a name.
bool is_service_name(const std::string& name) {
  if (name.empty() || name.size() > kLongestName || name.front() == '.') return false;
  return std::all_of(name.begin(), name.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-' ||
           letter == '_' || letter == '.';
  });
}

std::string link_target(const std::string& path) {
  std::array<char, 4096> target;
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  if (size <= 0 || static_cast<std::size_t>(size) == target.size()) return {};
  const std::filesystem::path there(std::string(target.data(), static_cast<std::size_t>(size)));
  // No part before the last is a link, or the read below refuses, so ".." means what it says.
  return (std::filesystem::path(path).parent_path() / there).lexically_normal().string();
}

/// Reads a file of root's, over links whose directories are root's too.
Result<std::string> read_service_file(std::string path) {
  for (int links = 0;; ++links) {
    auto text = read_root_owned(path, kMostBytes);
    if (text || text.error().code != ELOOP || links == kMostLinks) return text;
    std::string target = link_target(path);
    if (target.empty()) return text;
    // The directory that holds the link is checked by itself: the target may be elsewhere.
    auto directory = open_root_owned_directory(std::filesystem::path(path).parent_path().string());
    if (!directory) return directory.error();
    path = std::move(target);
  }
}

bool accepts_root(const PamLine& line) {
  if (line.type != PamType::auth || line.kind != PamLine::Kind::module) return false;
  std::string module = line.target.substr(line.target.rfind('/') + 1);
  if (module.ends_with(".so")) module.resize(module.size() - 3);
  if (module == "pam_rootok") return true;
  if (module != "pam_wheel" && module != "pam_succeed_if") return false;
  return std::find(line.arguments.begin(), line.arguments.end(), "use_uid") != line.arguments.end();
}

class ServiceCheck {
 public:
  explicit ServiceCheck(std::string directory) : directory_(std::move(directory)) {}

  Status run(const std::string& service) {
    files_.push_back({service, {}, PamType::any, 0});
    for (std::size_t read = 0; !files_.empty(); ++read) {
      const File file = std::move(files_.back());
      files_.pop_back();
      if (read == kMostFiles) return refused(file.named_by, "too many files are included");
      if (auto sound = check_file(file); !sound) return sound;
    }
    const std::string path = directory_ + '/' + service;
    if (!has_auth_) return refused(path, "no auth line, so PAM's service 'other' would be asked");
    if (!has_account_) {
      return refused(path, "no account line, so PAM's service 'other' would be asked");
    }
    return Done{};
  }

 private:
  struct File {
    std::string name;
    std::string named_by;  ///< "file:line"; empty for the service itself
    PamType type;          ///< of which only the lines count
    int depth;
  };

  static Error refused(const std::string& where, const std::string& why) {
    return {Outcome::unavailable, where + ": " + why};
  }

  /// Path and text of a file by the name that PAM was given.
  Result<std::pair<std::string, std::string>> read(const File& file) const {
    const std::string path = file.name.starts_with('/') ? file.name : directory_ + '/' + file.name;
    auto text = read_service_file(path);
    if (text) return std::pair(path, std::move(*text));
    const bool may_be_vendors =
        file.depth > 0 && directory_ == kDirectory && !file.name.starts_with('/');
    if (text.error().code == ENOENT && may_be_vendors) {
      const std::string vendors = std::string(kVendorDirectory) + '/' + file.name;
      if (auto other = read_service_file(vendors)) return std::pair(vendors, std::move(*other));
    }
    Error error = text.error();
    if (!file.named_by.empty()) error.message = file.named_by + ": " + error.message;
    return error;
  }

  Status check_file(const File& file) {
    if (file.depth >= kDeepest) return refused(file.named_by, "includes nest too deep");
    auto content = read(file);
    if (!content) return content.error();
    auto lines = parse_pam_service(content->second, content->first);
    if (!lines) return lines.error();
    for (const PamLine& line : *lines) {
      const bool counts =
          file.type == PamType::any || line.type == PamType::any || line.type == file.type;
      if (!counts) continue;
      const std::string where = content->first + ':' + std::to_string(line.number);
      if (line.kind == PamLine::Kind::include) {
        const PamType type = line.type == PamType::any ? file.type : line.type;
        files_.push_back({line.target, where, type, file.depth + 1});
        continue;
      }
      has_auth_ = has_auth_ || line.type == PamType::auth;
      has_account_ = has_account_ || line.type == PamType::account;
      if (accepts_root(line)) {
        return refused(where, line.target +
                                  " accepts whoever is root, and the authenticator is: take the "
                                  "line out of what " +
                                  "this service uses");
      }
    }
    return Done{};
  }

  std::string directory_;
  std::vector<File> files_;
  bool has_auth_ = false;
  bool has_account_ = false;
};

}  // namespace

Status check_pam_service(const std::string& service, const std::string& directory) {
  if (!is_service_name(service)) {
    return Error{Outcome::unavailable,
                 "'" + service +
                     "' is no name of a PAM service: lower-case letters, digits, '-', "
                     "'_' and '.' only"};
  }
  return ServiceCheck(directory).run(service);
}

}  // namespace modgate
