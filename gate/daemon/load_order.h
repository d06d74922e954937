// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "modgate/plan.h"
#include "modgate/request.h"

namespace modgate {

/// What a loader has to do, known before it is confined. The digests are not here: the loader takes
/// them from the recorder's receipt of the intent.
struct LoadOrder {
  struct Module {
    std::string name;
    std::string parameters;
    bool may_fail = false;          ///< a soft dependency
    bool only_these_bytes = false;  ///< that another was faster with its name is a failure
    bool from_file = false;         ///< its image is a file of root's, not sealed
    bool replaces = false;          ///< what is loaded under its name is removed first
    std::size_t image = 0;          ///< load: which of the images
  };
  Action action = Action::load;
  std::vector<Module> modules;  ///< only those that the kernel is to be asked for, in order
};

/// Whether the kernel is to be asked for this module of the plan.
bool is_asked_of_kernel(const Plan& plan, const PlannedModule& module);

/// What the kernel is to be asked for, so that the plan is carried out: unloads, and loads of what
/// is not there yet. The images of a load are in the same order.
LoadOrder load_order_for(const Plan& plan);

struct FromLoader;
struct KernelAnswer;

/// The loader's answer, which knows only what was asked of the kernel, beside the whole plan.
KernelAnswer kernel_answer_for(const Plan& plan, const FromLoader& word);

}  // namespace modgate
