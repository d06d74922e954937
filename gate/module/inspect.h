// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "gate/module/certificates.h"
#include "gate/module/signature.h"
#include "modgate/plan.h"
#include "modgate/result.h"

namespace modgate {

/// What is to be found out about one sealed image.
struct InspectOrder {
  std::string name;                     ///< the canonical name that it must have
  std::vector<std::string> parameters;  ///< at most 64: is each declared?
  std::vector<std::string> symbols;     ///< at most 256: is each imported?
  /// At most kMostTrusted: does each verify? It outlives the order; nullptr: none is trusted.
  const TrustedCertificates* trusted = nullptr;
};

/// The answer of an inspector, of fixed layout: it crosses from a process that has touched
/// untrusted bytes to one that holds privileges.
struct InspectAnswer {
  std::uint32_t sound = 0;               ///< 1 only if everything below holds
  std::uint32_t appended_signature = 0;  ///< 1: ends with the kernel's marker; proves nothing
  std::uint64_t size = 0;
  std::array<std::uint8_t, 32> sha256{};
  std::uint64_t declared = 0;              ///< bit i: order.parameters[i]
  std::array<std::uint64_t, 4> imports{};  ///< bit i: order.symbols[i]
  std::uint64_t signers = 0;               ///< bit i: the key of (*order.trusted)[i] signed it
  SignatureFinding signature = SignatureFinding::absent;  ///< `verified` exactly with a signer
  std::uint32_t reserved = 0;
  std::array<char, 64> name{};  ///< name in .gnu.linkonce.this_module, NUL-terminated
  std::array<char, 128> vermagic{};
  std::array<char, 64> version{};
  std::array<char, 512> depends{};    ///< modinfo `depends`, NUL-terminated
  std::array<char, 160> complaint{};  ///< why it is not sound, for people
};

/// Looks at a sealed image: an ELF relocatable object for this machine with a sound section table;
/// file name (order.name), modinfo `name` and the name in this_module agree; SHA-256 of all bytes;
/// modinfo read by a bounded parser; its signature verified against the trusted certificates (one
/// that does not verify makes no image unsound: the kernel and the rules judge it). Pure reading of
/// the descriptor: runs in a compartment without any right. The kernel's own rules
/// (kernel/module/main.c: elf_validity_check, setup_load_info) are kept or tightened: a section
/// that names the module may stand there only once and no relocation may touch the name.
/// `async_probe` and `dyndbg` count as declared: the kernel takes them for every module.
InspectAnswer inspect(int image, const InspectOrder& order) noexcept;

/// Checks an answer against its order and turns it into facts. Outcome::rejected when it is not
/// sound; any text in it is cut to printable ASCII.
Result<ModuleFacts> facts_from(const InspectAnswer& answer, const InspectOrder& order);

}  // namespace modgate
