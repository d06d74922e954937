// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "catch.h"

namespace modgate::sample {

/// Whether this test can make files of root's; says loudly when not.
inline bool skipped_without_root() {
  if (::geteuid() == 0) return false;
  WARN("SKIPPED: only root can make files that root owns");
  return true;
}

/// A directory that only root can write, and so can every directory above it; gone at the end.
class RootDirectory {
 public:
  RootDirectory() {
    std::string name = "/run/modgate-test-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
    std::filesystem::permissions(path_, std::filesystem::perms(0755));
  }
  RootDirectory(const RootDirectory&) = delete;
  RootDirectory& operator=(const RootDirectory&) = delete;
  ~RootDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::string at(const std::string& name) const { return path_ + '/' + name; }
  [[nodiscard]] const std::string& path() const { return path_; }

  /// Writes a file of mode 0644 and returns its path.
  std::string write(const std::string& name, const std::string& text) const {
    const std::string file = at(name);
    std::filesystem::create_directories(std::filesystem::path(file).parent_path());
    std::ofstream(file) << text;
    std::filesystem::permissions(file, std::filesystem::perms(0644));
    return file;
  }
  static void mode(const std::string& path, unsigned bits) {
    std::filesystem::permissions(path, std::filesystem::perms(bits));
  }

 private:
  std::string path_;
};

}  // namespace modgate::sample
