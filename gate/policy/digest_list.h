// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "modgate/plan.h"

namespace modgate {

/// Digests that pin modules. Rules that name the same file share one list.
class DigestList {
 public:
  explicit DigestList(std::vector<Digest> digests);

  [[nodiscard]] bool contains(const Digest& digest) const;
  [[nodiscard]] bool contains_all_of(const DigestList& other) const;

 private:
  std::vector<Digest> digests_;  ///< sorted, each once
};

/// 64 hex digits, lower-case or not.
std::optional<Digest> digest_of_hex(std::string_view text);

}  // namespace modgate
