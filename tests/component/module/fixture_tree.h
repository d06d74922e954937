// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "unit/module/module_file.h"

namespace modgate::test {

/// What a program said, and how it ended.
struct ProgramRun {
  int status = -1;  ///< exit status; -1: it could not be started or died
  std::string output;
};

/// Runs a program without a shell and with an empty environment; its errors are dropped.
ProgramRun run_program(const std::vector<std::string>& arguments);

/// A module tree of its own under a directory that goes away with it:
/// ROOT/lib/modules/0.0-test, with ROOT/modprobe.d beside it.
class FixtureTree {
 public:
  FixtureTree();
  FixtureTree(const FixtureTree&) = delete;
  FixtureTree& operator=(const FixtureTree&) = delete;
  ~FixtureTree();

  /// Adds a module's file at `place` below the tree, such as "kernel/a.ko".
  void add(const std::string& place, const std::string& bytes) const;
  void add(const std::string& place, const ModuleFile& file) const { add(place, file.bytes()); }

  /// Writes a file into modprobe.d.
  void configure(const std::string& name, const std::string& text) const;

  /// Runs depmod over what was added. False where there is no depmod.
  [[nodiscard]] bool index() const;

  /// What modprobe prints for --show-depends.
  [[nodiscard]] ProgramRun show_depends(const std::string& asked) const;

  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] std::string tree() const { return root_ + "/lib/modules/0.0-test"; }
  [[nodiscard]] std::string config() const { return root_ + "/modprobe.d"; }

 private:
  std::string root_;
};

}  // namespace modgate::test
