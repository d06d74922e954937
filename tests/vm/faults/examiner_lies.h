// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gate/module/inspect.h"

/// What an inspector that a module has taken over says of it: the truth, but for what the module's
/// bytes ask for behind `modgate-test-lie=` (digest:HEX, signer, name, others:HEX: the last is told
/// of every module that it is asked about afterwards).
modgate::InspectAnswer lie_about(int image, const modgate::InspectOrder& order,
                                 const modgate::InspectAnswer& truth) noexcept;
