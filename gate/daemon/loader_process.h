// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "gate/module/loader.h"
#include "gate/wire/channel.h"
#include "modgate/plan.h"
#include "modgate/record.h"
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

/// What a loader answers. First `begun` or `refused`, as the receipt says; then, once the kernel
/// has answered, `finished`. Fixed layout.
struct FromLoader {
  enum class Kind : std::uint32_t { begun = 1, refused = 2, finished = 3 };
  struct Module {
    Step step = Step::none;
    std::uint8_t padding[3] = {};
    std::int32_t code = 0;
  };
  Kind kind = Kind::refused;
  std::uint32_t count = 0;
  char message[240] = {};
  std::array<Module, Limits::plan_modules> modules = {};
};

/// The body of a loader's process. Waits for the recorder's receipt of the intent on `recorder`; no
/// receipt, no load. Then asks the kernel, module by module. If one that may not fail is refused,
/// those that this loader inserted are removed again, newest first. Returns the exit status.
int run_loader(KernelModules& kernel, const LoadOrder& order, const std::vector<int>& images,
               Channel session, Channel recorder);

}  // namespace modgate
