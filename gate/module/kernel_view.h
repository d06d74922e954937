// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gate/module/kernel_settings.h"
#include "gate/module/unknown_symbols.h"
#include "modgate/plan.h"
#include "modgate/result.h"

namespace modgate {

/// One line of /proc/modules.
struct LoadedModule {
  std::string name;
  std::uint64_t size = 0;
  std::uint64_t references = 0;
  std::vector<std::string> holders;
  std::string state;  ///< "Live", "Loading", "Unloading"
  std::string taints;
};

/// The lines of a /proc/modules. A line that is none is an error: nothing is guessed.
Result<std::vector<LoadedModule>> parse_loaded_modules(std::string_view text);

/// What /proc/modules says now; bounded. `code` is ENOENT on a kernel that has no modules at all.
Result<std::vector<LoadedModule>> loaded_modules();

/// Inode number of /sys/module/NAME: with the boot it names one instance of a loaded module (kernfs
/// gives every directory its own). nullopt where it is not loaded.
std::optional<std::uint64_t> module_instance(const std::string& name);

/// The mask in /proc/sys/kernel/tainted; nullopt where it cannot be read.
std::optional<std::uint64_t> kernel_taint();

/// What the kernel itself would say of loading, for `plan`. Of a plan to unload only
/// modules_disabled is asked. Where the kernel's answer cannot be known beforehand (a signature by
/// a key that only the kernel knows, a setting that cannot be read) the verdict is "unknown".
struct KernelCheck {
  std::string check;    ///< "sig_enforce", "lockdown", "modules_disabled", "vermagic", "blacklist",
                        ///< "load_source", "symbols"
  std::string verdict;  ///< "ok", "refuses", "unknown"
  std::string message;
};
std::vector<KernelCheck> kernel_checks(const Plan& plan, const SymbolSources& sources = {});

/// The same of a kernel with these settings, without a look at symbols.
std::vector<KernelCheck> kernel_checks(const Plan& plan, const KernelSettings& settings);

/// Whether the kernel has all that a module needs which was handed over.
KernelCheck check_symbols(const PlannedModule& module, const UnknownSymbols& unknown);

/// One sentence for an errno of the kernel, with its name and what it usually means: "invalid
/// module format (ENOEXEC): built for ... , this kernel is ...". `module` gives both sides where
/// known; `unknown` is what it lacks, for ENOENT.
std::string explain_load_error(int code, const PlannedModule& module,
                               const UnknownSymbols& unknown = {});

/// The same of a kernel with these settings.
std::string explain_load_error(int code, const PlannedModule& module,
                               const KernelSettings& settings, const UnknownSymbols& unknown);
std::string explain_unload_error(int code, const std::string& name,
                                 const std::vector<std::string>& holders);

/// "ENOEXEC" for 8; "errno N" for a number without a name.
std::string errno_name(int code);

}  // namespace modgate
