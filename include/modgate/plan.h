// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "modgate/request.h"

namespace modgate {

using Digest = std::array<std::uint8_t, 32>;  ///< SHA-256

/// Lower-case hex, as records, receipts and answers write a digest.
inline std::string digest_hex(const Digest& digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const std::uint8_t byte : digest) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xfU];
  }
  return text;
}

enum class ModuleState : std::uint8_t { fresh, loaded, builtin };

/// "new", "loaded" or "builtin".
constexpr const char* word(ModuleState state) noexcept {
  return state == ModuleState::fresh ? "new" : state == ModuleState::loaded ? "loaded" : "builtin";
}

/// Why a module stands in a plan. A soft dependency may fail without failing the request.
enum class Why : std::uint8_t { asked, dependency, soft };

/// "asked", "dependency" or "soft dependency".
constexpr const char* word(Why why) noexcept {
  return why == Why::asked ? "asked" : why == Why::dependency ? "dependency" : "soft dependency";
}

/// A symbol that a module needs from the kernel or another module.
struct NeededSymbol {
  std::string name;
  bool is_function = false;  ///< for certain; else it may be data
};

/// What inspection found in the bytes of one module. Only facts, no judgement.
struct ModuleFacts {
  Digest sha256{};         ///< of the bytes that the kernel gets (unpacked, with the signature)
  std::uint64_t size = 0;  ///< of those bytes
  std::string vermagic;
  std::string version;
  std::vector<std::string>
      signers;                 ///< names of the trusted certificates that verify; may be empty
  std::vector<bool> declared;  ///< for each of the asked parameters: the module declares it
  std::vector<std::string> imports;  ///< which of the asked-for symbols the module uses
  std::vector<std::string> depends;  ///< canonical names of the modules that it says it needs
  std::vector<NeededSymbol> needs;   ///< handed over: the symbols that it insists on
  bool needs_more = true;            ///< `needs` is not known to be all of them
  bool appended_signature = false;   ///< bears a signature, by whomever; see signers for a proof
  std::string signature;  ///< why none of the trusted certificates verifies the one it bears
};

/// One module of a plan, in the order in which the kernel would be asked.
struct PlannedModule {
  std::string name;  ///< canonical: '_' and never '-'
  std::string path;  ///< its file as libkmod names it, empty for builtin; of a handed-over one what
                     ///< its caller called it: decoration, never opened
  std::string place;  ///< "kernel/net/ipv4/udp_tunnel": below the tree, without .ko and compression
  ModuleState state = ModuleState::fresh;
  Why why = Why::asked;
  std::string options;  ///< the administrator's own, from modprobe.d and the kernel command line
  std::vector<Parameter> parameters;  ///< the caller's; only on modules that were asked for
  std::string
      command;  ///< "file:line" of an install or remove line that applies; then it is denied
  bool handed_over = false;
  bool from_file = false;    ///< its image is the checked file itself (`load_source = "file"`)
  bool other_bytes = false;  ///< handed over, and what is loaded under its name is not the same
  bool replaces = false;     ///< handed over: what is loaded under its name is removed first
  bool own = false;          ///< unload: this caller loaded this very instance through the gate
  bool inspected = false;
  ModuleFacts facts;

  /// The parameter string that the kernel gets: the options, then the caller's parameters.
  [[nodiscard]] std::string kernel_parameters() const {
    std::string text = options;
    for (const Parameter& parameter : parameters) {
      if (!text.empty()) text += ' ';
      text += parameter.name + '=' + parameter.value;
    }
    return text;
  }
};

/// What a request would do.
struct Plan {
  Action action = Action::load;
  std::string asked;  ///< as the caller typed it, within the alphabet of names and aliases
  std::vector<PlannedModule> modules;
  std::vector<std::string> warnings;  ///< such as: parameters given for a loaded module

  /// The module that the request is about: the last one that was asked for; nullptr in a plan
  /// without modules.
  [[nodiscard]] const PlannedModule* driver() const noexcept {
    for (auto module = modules.rbegin(); module != modules.rend(); ++module) {
      if (module->why == Why::asked) return &*module;
    }
    return nullptr;
  }

  /// Whether there is anything to ask the kernel for: a load changes nothing where all that was
  /// asked for is loaded or built in (as modprobe, whatever its soft dependencies are).
  [[nodiscard]] bool changes_anything() const noexcept {
    if (action == Action::unload) return true;
    for (const PlannedModule& module : modules) {
      if (module.why == Why::asked && module.state == ModuleState::fresh) return true;
    }
    return false;
  }
};

}  // namespace modgate
