// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace modgate {

/// What the running kernel says of itself; nullopt where it cannot be read.

/// Only modules with a signature that the kernel trusts are taken (module.sig_enforce).
std::optional<bool> signatures_enforced();

/// "none", "integrity" or "confidentiality": the word in brackets of the lockdown LSM.
std::optional<std::string> lockdown_level();

/// Loading and unloading is over until the next boot (kernel.modules_disabled).
std::optional<bool> modules_disabled();

/// `module_blacklist=` of the kernel's command line names the module.
std::optional<bool> is_kernel_blacklisted(const std::string& name);

/// The same on a given command line; of several lists the last one counts, as in the kernel.
bool is_on_blacklist(const std::string& command_line, const std::string& name);

/// The word in brackets of a lockdown file: "none [integrity] confidentiality" is "integrity".
std::optional<std::string> bracketed_word(const std::string& text);

}  // namespace modgate
