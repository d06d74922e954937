// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "modgate/request.h"
#include "modgate/result.h"

namespace modgate {

/// `request` as a message of fields. The same request always gives the same bytes. Text with a NUL
/// in it cannot be encoded (std::invalid_argument): no argument of a command can hold one.
std::string encode_request(const Request& request);

/// Decodes and checks a request against every limit and alphabet of the contract's section 8; what
/// it returns needs no further check of form. Unknown fields are refused, and so are known ones
/// that the verb has no use for: an older helper never carries out half of a newer client's
/// request. Nothing in a message can say who asks. Errors are Outcome::usage with a message for the
/// caller.
Result<Request> decode_request(std::string_view message);

/// Whether `text` can be a module's name: 1 to 55 of A-Z a-z 0-9 _ -.
bool is_module_name(std::string_view text) noexcept;

/// Whether `text` can be an alias (or name): 1 to 1024 printable ASCII characters without white
/// space, quotes and brackets, and without '/', which makes a file of an argument.
bool is_alias(std::string_view text) noexcept;

}  // namespace modgate
