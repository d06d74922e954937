// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstring>

#include "gate/module/kernel_settings.h"
#include "gate/module/kernel_view.h"
#include "gate/module/vermagic.h"

namespace modgate {
namespace {

std::string named(const std::string& text, int code) {
  return text + " (" + errno_name(code) + ")";
}

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

/// How to go on where the kernel judges a module by its file.
std::string for_file_guards(const std::vector<std::string>& guards) {
  return join(guards) +
         " judges modules by the file that they lie in: set load_source = \"file\" in the policy's "
         "defaults";
}

/// Which of its own switches makes the kernel say EPERM.
std::string why_not_permitted(const std::string& name, const KernelSettings& settings) {
  if (settings.modules_disabled.value_or(false)) {
    return "kernel.modules_disabled is set: no module comes or goes until the next boot";
  }
  if (settings.command_line && is_on_blacklist(*settings.command_line, name)) {
    return "module_blacklist= on the kernel's command line names " + name;
  }
  if (settings.lockdown && *settings.lockdown != "none") {
    return "the kernel is locked down (" + *settings.lockdown +
           ") and wants a signature that it trusts";
  }
  if (!settings.file_guards.empty()) return for_file_guards(settings.file_guards);
  return "a security module of the kernel, its command line or a missing capability forbids it";
}

std::string why_not_accessible(const KernelSettings& settings) {
  if (!settings.file_guards.empty()) return for_file_guards(settings.file_guards);
  return "a security module of the kernel or the module's init forbids it; if IMA, LoadPin or IPE "
         "is active, set load_source = \"file\" in the policy's defaults";
}

/// What the kernel's "Key was rejected" means for this module.
std::string why_rejected(const PlannedModule& module, const KernelSettings& settings) {
  const std::string wants =
      settings.signatures_enforced.value_or(false) ? " (sig_enforce is set)" : "";
  if (!module.inspected) return "there is none, or not by a key that it trusts" + wants;
  if (!module.facts.appended_signature) return "it bears none, and the kernel wants one" + wants;
  return "it is not by a key that the kernel trusts, or damaged" + wants;
}

std::string both_sides(const PlannedModule& module, const KernelSettings& settings) {
  std::string running = "this kernel is \"" +
                        (settings.vermagic.empty() ? settings.release : settings.vermagic) + '"';
  if (module.facts.vermagic.empty()) return running;
  return "built for \"" + module.facts.vermagic + "\", " + running;
}

std::string what_is_unknown(const PlannedModule& module, const UnknownSymbols& unknown) {
  if (!unknown.symbols.empty()) {
    return named("unknown symbol in " + module.name, ENOENT) + ": " + describe(unknown.symbols);
  }
  if (unknown.all_judged) {
    return named("no such entry", ENOENT) + ": all symbols that " + module.name +
           " needs are there, so its init failed with that, or one of them is for modules under "
           "the GPL alone";
  }
  return named("unknown symbol in " + module.name, ENOENT) +
         ": it needs what neither the kernel nor a loaded module has; the kernel's log (dmesg) "
         "names it";
}

std::string error_text(int code) {
  const char* text = ::strerrordesc_np(code);
  return text == nullptr ? "unknown error" : text;
}

std::string in_use(const std::string& name, const std::vector<std::string>& holders) {
  std::string text = named(name + " is in use", EAGAIN);
  if (!holders.empty()) return text + ": " + join(holders) + " needs it";
  if (const auto loaded = loaded_modules()) {
    for (const LoadedModule& module : *loaded) {
      if (module.name != name || module.references == 0) continue;
      return text + ": " + std::to_string(module.references) + " references to it";
    }
  }
  return text;
}

}  // namespace

std::string errno_name(int code) {
  const char* name = ::strerrorname_np(code);
  return code == 0 || name == nullptr ? "errno " + std::to_string(code) : name;
}

std::string explain_load_error(int code, const PlannedModule& module,
                               const UnknownSymbols& unknown) {
  KernelSettings settings = read_kernel_settings();
  if (code == ENOEXEC || code == ENOENT) settings.vermagic = kernel_vermagic(module);
  return explain_load_error(code, module, settings, unknown);
}

std::string explain_load_error(int code, const PlannedModule& module,
                               const KernelSettings& settings, const UnknownSymbols& unknown) {
  switch (code) {
    case ENOEXEC:
      return named("invalid module format", code) + ": " + both_sides(module, settings);
    case EEXIST:
      return named(module.name + " is already loaded", code);
    case ENOENT:
      return what_is_unknown(module, unknown) + "; " + both_sides(module, settings);
    case EKEYREJECTED:
      return named("the kernel rejects the signature of " + module.name, code) + ": " +
             why_rejected(module, settings);
    case ENOKEY:
      return named("the kernel does not know the key that signed " + module.name, code);
    case ENODATA:
      return named(module.name + " is not signed, and the kernel wants it", code);
    case ENOPKG:
      return named("the kernel cannot check the signature of " + module.name, code);
    case EBADMSG:
      return named(module.name + " is not what was checked, or its signature is damaged", code);
    case EPERM:
      return named("the kernel does not permit it", code) + ": " +
             why_not_permitted(module.name, settings);
    case EACCES:
      return named("the kernel does not permit it", code) + ": " + why_not_accessible(settings);
    case EINVAL:
      return named(module.name + " does not take its parameters, or the kernel not the module",
                   code);
    case ETXTBSY:
      return named("the image of " + module.name + " is open for writing elsewhere", code);
    case ENOMEM:
      return named("the kernel has no memory for " + module.name, code);
    case ENOSYS:
      return named("this kernel cannot load modules", code);
    case ENODEV:
    case ENXIO:
      return named("the init of " + module.name + " failed: no such device", code);
    case EBUSY:
      return named(
          module.name + " is busy: another load of it did not end, or its device is in use", code);
    default:
      return named("the init of " + module.name + " failed: " + error_text(code), code);
  }
}

std::string explain_unload_error(int code, const std::string& name,
                                 const std::vector<std::string>& holders) {
  switch (code) {
    case EAGAIN:
      return in_use(name, holders);
    case EBUSY:
      return named(name + " cannot be unloaded: it has no exit, or is just coming or going", code);
    case ENOENT:
      return named(name + " is not loaded", code);
    case EPERM:
      return named("the kernel does not permit it", code) + ": " +
             (modules_disabled().value_or(false)
                  ? "kernel.modules_disabled is set: no module comes or goes until the next boot"
                  : "a security module of the kernel or a missing capability forbids it");
    case ENOSYS:
      return named("this kernel cannot unload modules", code);
    default:
      return named(name + " cannot be unloaded: " + error_text(code), code);
  }
}

}  // namespace modgate
