// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gate/module/kernel_view.h"

namespace modgate {

/// `names` in an order in which the kernel lets them go: each after those of them that hold it.
/// Otherwise they keep their order, and doubles are left out.
std::vector<std::string> holders_first(const std::vector<std::string>& names,
                                       const std::vector<LoadedModule>& loaded);

}  // namespace modgate
