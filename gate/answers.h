// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gate/module/kernel_view.h"
#include "gate/pipeline.h"
#include "gate/policy/decide.h"

namespace modgate {

/// The lines of output that the contract's section 3 shows, as JSON objects without a newline.

/// `{"action": "load", "asked": …, "status": 0, "loaded": […], "record": …}`
std::string done_answer(const Plan& plan, const KernelAnswer& answer, const std::string& record);

/// `{"plan": {…}}`
std::string plan_answer(const Plan& plan, const Decision& decision,
                        const std::vector<KernelCheck>& kernel);

/// `{"list": {…}}`
std::string list_answer(const Caller& caller, const Listing& listing);

/// `{"module": {…}}`; `load` is nullptr for a module that came another way. The rule and the record
/// are shown only where `whole`.
std::string status_answer(const LoadedModule& module, const GateLoad* load, bool whole);

/// `{"sign_off": {"user": …, "up_to": N, "record": …}}`
std::string sign_off_answer(const Record& signed_off, const std::string& record);

/// "2026-12-01T10:00:00Z"
std::string utc_time(std::int64_t epoch_ms);

}  // namespace modgate
