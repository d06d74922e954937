// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace modgate {

/// What the running kernel says of itself; nullopt where it cannot be read.

/// Only modules with a signature that the kernel trusts are taken (module.sig_enforce).
std::optional<bool> signatures_enforced();

/// "none", "integrity" or "confidentiality": the word in brackets of the lockdown LSM.
std::optional<std::string> lockdown_level();

/// Loading and unloading is over until the next boot (kernel.modules_disabled).
std::optional<bool> modules_disabled();

/// The parts of the kernel that judge a module by the file that it lies in, and take none that
/// lies in memory: "IMA appraisal", "LoadPin", "IPE". Where the kernel hides whether one of them is
/// active (most of it shows to root alone), only what is certain is named.
std::vector<std::string> file_guards();

/// What file_guards() goes by; empty for what cannot be read.
struct GuardTexts {
  std::string lsm;                        ///< /sys/kernel/security/lsm
  std::string command_line;               ///< /proc/cmdline
  std::string ima_policy;                 ///< /sys/kernel/security/ima/policy
  std::string loadpin;                    ///< whether LoadPin enforces: "1" or "Y"
  std::string ipe_enforces;               ///< /sys/kernel/security/ipe/enforce
  std::vector<std::string> ipe_policies;  ///< each one's `active`
};
std::vector<std::string> file_guards(const GuardTexts& texts);

/// All of it, as it is when it is read. `release` and `vermagic` are the running kernel's; the
/// latter is empty where it is not known or not asked for.
struct KernelSettings {
  std::optional<bool> signatures_enforced;
  std::optional<std::string> lockdown;
  std::optional<bool> modules_disabled;
  std::optional<std::string> command_line;
  std::vector<std::string> file_guards;
  std::string release;
  std::string vermagic;
};
KernelSettings read_kernel_settings();

/// `module_blacklist=` of the kernel's command line names the module; of several lists the last one
/// counts, as in the kernel.
bool is_on_blacklist(const std::string& command_line, const std::string& name);

/// The word in brackets of a lockdown file: "none [integrity] confidentiality" is "integrity".
std::optional<std::string> bracketed_word(const std::string& text);

}  // namespace modgate
