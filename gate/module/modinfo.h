// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modgate/result.h"

namespace modgate {

/// The `tag=value` strings of a module's .modinfo section, as views into it. A tag may stand there
/// many times; the kernel takes the first (kernel/module/main.c: get_modinfo).
class ModInfo {
 public:
  /// Outcome::rejected for a section that is larger than 4 MiB or does not end with NUL.
  static Result<ModInfo> parse(std::span<const std::uint8_t> section);

  /// The first value of `tag`; empty where there is none.
  [[nodiscard]] std::string_view first(std::string_view tag) const noexcept;

  /// Every value of `tag`, in order.
  [[nodiscard]] std::vector<std::string_view> all(std::string_view tag) const;

 private:
  struct Entry {
    std::string_view tag;
    std::string_view value;
  };
  std::vector<Entry> entries_;
};

/// A parameter that a module declares.
struct DeclaredParameter {
  std::string name;  ///< canonical: '_' and never '-'
  std::string type;  ///< "int", "charp", "array of uint"; empty where it is not told
};

/// More parameters of a module are not listed; no module of Debian's kernel has a fifth as many.
inline constexpr std::size_t kMostParametersListed = 512;

/// The parameters in `parm` and `parmtype`, each once, in the order of their names. Left out are
/// names that a rule could not name: more than 64 characters, or others than A-Z a-z 0-9 _ -. A
/// type that is not made of words is not told.
std::vector<DeclaredParameter> declared_parameters(const ModInfo& info);

}  // namespace modgate
