// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace modgate {

/// The lines of modprobe.d that libkmod uses without telling where they stand. Read the way libkmod
/// reads them (libkmod-config.c: kmod_config_new): files by their base name, of which the first
/// directory's counts, and the tree's modules.softdep among them. For messages and warnings only:
/// what applies is libkmod's word.
class ModprobeConfig {
 public:
  /// `config` is a directory or file in place of the system's; empty: the system's. Files that
  /// cannot be read, or are larger than 1 MiB, are left out.
  static ModprobeConfig read(const std::string& tree, const std::string& config);

  /// "file:line" of the first `install` or `remove` (`directive`) line for a module, or
  /// "modprobe.d" where none is found.
  [[nodiscard]] std::string where(std::string_view directive, const std::string& module) const;

  /// The names in the first `softdep` line for a module, before and after.
  [[nodiscard]] std::vector<std::string> soft_dependencies(const std::string& module) const;

  /// Takes in one file's content. For read() and for tests.
  void parse(const std::string& file, std::string_view text);

 private:
  struct Line {
    std::string file;
    std::uint32_t number = 0;
    std::string directive;
    std::string module;  ///< fnmatch(3) pattern
    std::string rest;
  };

  [[nodiscard]] const Line* first(std::string_view directive, const std::string& module) const;

  std::vector<Line> lines_;
};

}  // namespace modgate
