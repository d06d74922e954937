// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "modgate/plan.h"
#include "modgate/result.h"

namespace modgate {

/// Makes plans with libkmod. Never changes anything and never runs a command: planning is a dry run
/// of kmod_module_probe_insert_module with a run_install that refuses. One plan, one libkmod
/// context.
class Planner {
 public:
  /// `tree` is ModuleTree::directory(). `config` is where modprobe.d lies: empty means libkmod's
  /// own directories; a path is for tests.
  explicit Planner(std::string tree, std::string config = {})
      : tree_(std::move(tree)), config_(std::move(config)) {}

  /// The modules that `modprobe ASKED` would load, in its order (`modprobe --show-depends`), with
  /// their state. `parameters` are put on the modules that were asked for. Outcome::failed with "no
  /// such module" for a name that nothing answers to, and for an alias whose every module is
  /// blacklisted. An `install` line sets `command` of that module (decide() denies it), unless the
  /// module is in the kernel or has soft dependencies, which take the line's place (modprobe.d(5)).
  /// Of a module asked for that is in the kernel already nothing that is not comes along. A soft
  /// dependency without a file is left out with a warning.
  Result<Plan> plan_load(const std::string& asked, const std::vector<Parameter>& parameters) const;

  /// Exactly the named modules, holders first, each with its state from the kernel. A name that is
  /// no module of this kernel is Outcome::failed; one that is not loaded stays in the plan as fresh
  /// (then the request fails before anything is removed), a builtin one as builtin.
  Result<Plan> plan_unload(const std::vector<std::string>& asked) const;

  /// A module that a caller handed over, `driver`, behind the modules of the tree that it needs
  /// (facts.depends), which come along as dependencies. One that the tree does not have is
  /// Outcome::failed. Where the driver is loaded already nothing comes along.
  Result<Plan> plan_with(PlannedModule driver) const;

 private:
  std::string tree_;
  std::string config_;
};

}  // namespace modgate
