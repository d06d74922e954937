// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/key_index.h"

#include <algorithm>
#include <bit>
#include <functional>

namespace modgate {

KeyIndex::KeyIndex(std::vector<Entry> entries) : entries_(std::move(entries)) {
  // About one entry a bucket.
  const unsigned bits = static_cast<unsigned>(std::bit_width(entries_.size() | 1U));
  shift_ = 64 - bits;
  begins_.assign((std::size_t{1} << bits) + 1, 0);
  for (const Entry& entry : entries_) ++begins_[bucket_of(entry.key) + 1];
  for (std::size_t at = 1; at < begins_.size(); ++at) begins_[at] += begins_[at - 1];
  // Each into its bucket, then the buckets: far fewer comparisons than with all at once.
  std::vector<std::uint32_t> next(begins_.begin(), begins_.end() - 1);
  std::vector<Entry> sorted(entries_.size());
  for (const Entry& entry : entries_) sorted[next[bucket_of(entry.key)]++] = entry;
  entries_ = std::move(sorted);
  for (std::size_t bucket = 0; bucket + 1 < begins_.size(); ++bucket) {
    std::sort(entries_.begin() + begins_[bucket], entries_.begin() + begins_[bucket + 1]);
  }
}

std::span<const KeyIndex::Entry> KeyIndex::find(std::uint64_t key) const noexcept {
  if (begins_.empty()) return {};
  const std::size_t bucket = bucket_of(key);
  const std::span<const Entry> all(entries_.data() + begins_[bucket],
                                   entries_.data() + begins_[bucket + 1]);
  const auto before = [](const Entry& entry, std::uint64_t wanted) { return entry.key < wanted; };
  const auto first = std::lower_bound(all.begin(), all.end(), key, before);
  auto last = first;
  if (first != all.end() && first->key == key) {
    last = std::upper_bound(first, all.end(), key, [](std::uint64_t wanted, const Entry& entry) {
      return wanted < entry.key;
    });
  }
  return {first, last};
}

std::uint64_t key_of(std::uint64_t number, std::string_view text) noexcept {
  // The finalizer of splitmix64: every bit of the input changes about half of the output's.
  std::uint64_t key = std::hash<std::string_view>{}(text) + number * 0x9e3779b97f4a7c15ULL;
  key = (key ^ (key >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  key = (key ^ (key >> 27U)) * 0x94d049bb133111ebULL;
  return key ^ (key >> 31U);
}

}  // namespace modgate
