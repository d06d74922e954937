// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "modgate/plan.h"
#include "modgate/result.h"

namespace modgate {

/// The symbols that an image needs from elsewhere: the second part of what an inspector tells of a
/// module that was handed over. Of fixed layout, as the first: it crosses from a process that has
/// touched untrusted bytes. The largest modules of distributions need some 20 KiB of it.
struct NeedsAnswer {
  std::uint32_t count = 0;
  std::uint32_t left_off = 0;  ///< 1: there are more than fit
  /// `count` times kFunction or kAny, the name, NUL.
  std::array<char, std::size_t{48} * 1024> names{};

  static constexpr char kFunction = 'f';
  static constexpr char kAny = 'a';
};

/// Whether it can be the name of a symbol: printable ASCII without blanks.
bool is_symbol_name(std::string_view name) noexcept;

/// Looks into a sealed image for the symbols that it insists on. Nothing where it is no sound
/// module. Pure reading of the descriptor: runs in a compartment without any right.
NeedsAnswer needs_of(int image) noexcept;

/// Checks an answer and puts what it names into the facts. Names that cannot be printed are left
/// out, which the facts say too. Outcome::rejected where it makes no sense.
Status add_needs(const NeedsAnswer& answer, ModuleFacts& facts);

}  // namespace modgate
