// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gate/pipeline.h"
#include "modgate/record.h"

namespace modgate {

/// Fills in what a record says of a plan: action, asked, driver, modules.
void describe_plan(Record& record, const Plan& plan);

/// The same where no plan was made: as much as the request tells.
void describe_request(Record& record, const Request& request);

/// Fills in what became of a plan: outcome, message, code, each module's step, taint, what
/// appeared.
void describe_answer(Record& record, const Plan& plan, const KernelAnswer& answer);

/// What every request is answered by a helper that has no policy.
Error no_valid_policy();

std::string intent_message(const Plan& plan, const std::string& user);
std::string nothing_to_do_message(const Plan& plan);

/// Outcome::failed where a module was handed over and other bytes are loaded under its name.
Status is_what_is_loaded(const Plan& plan);

/// Outcome::failed where a module of an unload plan is not loaded or is built in.
Status can_be_unloaded(const Plan& plan);

}  // namespace modgate
