// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "gate/review/selection.h"
#include "gate/review/sqlite.h"

namespace modgate {

/// Whether anything that a selection asks for stands in an index.
bool index_helps(const Selection& selection);

/// The statement that gives segment, offset and length of every place where an event that fits may
/// stand, in the order of the log or backwards. It is made of numbers alone: nothing that a person
/// wrote stands in it. nullopt where no event can fit.
Result<std::optional<std::string>> index_query(SqlDatabase& database, const Selection& selection,
                                               bool backwards);

}  // namespace modgate
