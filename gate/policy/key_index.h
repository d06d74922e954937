// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace modgate {

/// Numbers under 64-bit keys, several under one key, to be looked up without a search.
class KeyIndex {
 public:
  struct Entry {
    std::uint64_t key = 0;
    std::uint32_t value = 0;

    friend auto operator<=>(const Entry&, const Entry&) = default;
  };

  KeyIndex() = default;
  explicit KeyIndex(std::vector<Entry> entries);

  /// What stands under the key, in ascending order; the same value may stand there twice. Keys are
  /// hashes, so that whoever asks must check that the values are about what it means.
  [[nodiscard]] std::span<const Entry> find(std::uint64_t key) const noexcept;

 private:
  [[nodiscard]] std::size_t bucket_of(std::uint64_t key) const noexcept { return key >> shift_; }

  unsigned shift_ = 63;
  std::vector<std::uint32_t> begins_;  ///< of each bucket in entries_, and one more: the end
  std::vector<Entry> entries_;         ///< in order of keys, then of values
};

/// A key for a number and a text: spread over all its bits.
std::uint64_t key_of(std::uint64_t number, std::string_view text) noexcept;

}  // namespace modgate
