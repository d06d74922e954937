// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "gate/confine/compartment.h"
#include "gate/confine/filters.h"
#include "gate/confine/house.h"
#include "gate/module/certificates.h"
#include "gate/module/tree.h"
#include "gate/wire/channel.h"
#include "modgate/handle.h"
#include "modgate/plan.h"

namespace modgate {

/// What turning a plan into images takes.
struct InspectionMeans {
  const ModuleTree& tree;
  const FilterSet& filters;
  const Accounts& accounts;
  std::uint64_t max_module_bytes;
  bool from_file;  ///< modules of the tree are loaded as files, for kernels that want that
  std::vector<std::string> symbols;              ///< that deny rules name
  const TrustedCertificates& trusted;            ///< whose signatures count
  std::function<Status(std::uint64_t)> reserve;  ///< asked before bytes are kept
  /// Takes a compartment that has answered: its end is nobody's concern until there is time for it.
  std::function<void(Compartment)> retire;
  std::function<void()> crashed;  ///< told of a compartment that died before it could answer
  Deadline deadline;
};

/// Turns the file that a caller handed over, which is nobody's to trust, into a sealed image, and
/// has it inspected: `module` has its name and parameters, and gets its facts. Nothing here waits
/// for the file: it is read in a compartment that is killed when time is up, and copied, so that
/// whoever else holds it changes nothing any more. Outcome::rejected for what is no regular file
/// that can be read, is too large, or is no sound module of this name.
Result<Fd> inspect_handed_over(const Fd& file, PlannedModule& module, const InspectionMeans& means);

/// Makes a sealed image of every module of the plan that would be loaded, in plan order, and has
/// them inspected in compartments: a compressed one is unpacked by a process of its own, and all
/// sealed images of the tree are looked at by another one, which contains no decompression. Fills
/// in `facts`. Errors: Outcome::rejected for what is no sound module and for an inspector that
/// dies. A module that was handed over is inspected already; `handed_over` is its image.
Result<std::vector<Fd>> inspect_plan(Plan& plan, const InspectionMeans& means, Fd handed_over);

}  // namespace modgate
