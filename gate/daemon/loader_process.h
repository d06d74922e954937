// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "gate/daemon/load_order.h"
#include "gate/module/loader.h"
#include "gate/wire/channel.h"
#include "modgate/record.h"
#include "modgate/request.h"

namespace modgate {

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
int run_loader(ModuleKernel& kernel, const LoadOrder& order, const std::vector<int>& images,
               Channel session, Channel recorder);

}  // namespace modgate
