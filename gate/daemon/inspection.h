// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

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
  std::vector<std::string> symbols;              ///< that deny rules name
  const TrustedCertificates& trusted;            ///< whose signatures count
  std::function<Status(std::uint64_t)> reserve;  ///< asked before bytes are kept
  Deadline deadline;
};

/// Makes a sealed image of every module of the plan that would be loaded, in plan order, and has
/// them inspected in compartments: a compressed one is unpacked by a process of its own, and all
/// sealed images of the tree are looked at by another one, which contains no decompression. Fills
/// in `facts`. Errors: Outcome::rejected for what is no sound module and for an inspector that
/// dies.
Result<std::vector<Fd>> inspect_plan(Plan& plan, const InspectionMeans& means);

}  // namespace modgate
