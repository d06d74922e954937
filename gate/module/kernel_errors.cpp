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

/// Which of its own switches makes the kernel say EPERM.
std::string why_not_permitted(const std::string& name) {
  if (modules_disabled().value_or(false)) return "kernel.modules_disabled is set";
  if (is_kernel_blacklisted(name).value_or(false)) {
    return "module_blacklist= on the kernel's command line names it";
  }
  const auto level = lockdown_level();
  if (level && *level != "none") {
    return "the kernel is locked down (" + *level + ") and wants a signature that it trusts";
  }
  return "a security module of the kernel, its command line or a missing capability forbids it";
}

std::string both_sides(const PlannedModule& module) {
  const std::string kernel = kernel_vermagic(module);
  const std::string running =
      "this kernel is \"" + (kernel.empty() ? kernel_release() : kernel) + '"';
  if (module.facts.vermagic.empty()) return running;
  return "built for \"" + module.facts.vermagic + "\", " + running;
}

std::string error_text(int code) {
  const char* text = ::strerrordesc_np(code);
  return text == nullptr ? "unknown error" : text;
}

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

std::string in_use(const std::string& name, const std::vector<std::string>& holders) {
  const std::string text = named(name + " is in use", EAGAIN);
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

std::string explain_load_error(int code, const PlannedModule& module) {
  switch (code) {
    case ENOEXEC:
      return named("invalid module format", code) + ": " + both_sides(module);
    case EEXIST:
      return named(module.name + " is already loaded", code);
    case ENOENT:
      return named("unknown symbol in " + module.name, code) +
             ": it needs what neither the kernel nor a loaded module has; " + both_sides(module);
    case EKEYREJECTED:
      return named("the kernel rejects the signature of " + module.name, code) +
             ": there is none, or not by a key that it trusts";
    case ENOKEY:
      return named("the kernel does not know the key that signed " + module.name, code);
    case ENODATA:
      return named(module.name + " is not signed, and the kernel wants it", code);
    case ENOPKG:
      return named("the kernel cannot check the signature of " + module.name, code);
    case EBADMSG:
      return named(module.name + " is not what was checked, or its signature is damaged", code);
    case EPERM:
      return named("the kernel does not permit it", code) + ": " + why_not_permitted(module.name);
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
      return named("the kernel does not permit it", code) + ": " + why_not_permitted(name);
    case ENOSYS:
      return named("this kernel cannot unload modules", code);
    default:
      return named(name + " cannot be unloaded: " + error_text(code), code);
  }
}

}  // namespace modgate
