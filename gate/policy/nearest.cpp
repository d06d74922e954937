// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/nearest.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace modgate {
namespace {

/// Longer words are not worth the time.
constexpr std::size_t kLongest = 64;

/// Levenshtein's distance: letters to insert, remove or replace.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t at = 0; at < left.size(); ++at) {
    std::size_t diagonal = row[0];
    row[0] = at + 1;
    for (std::size_t other = 0; other < right.size(); ++other) {
      const std::size_t replaced = diagonal + (left[at] == right[other] ? 0U : 1U);
      diagonal = row[other + 1];
      row[other + 1] = std::min({replaced, row[other] + 1, diagonal + 1});
    }
  }
  return row[right.size()];
}

}  // namespace

std::string nearest(std::string_view typed, const std::vector<std::string_view>& known) {
  if (typed.size() > kLongest) return {};
  std::string_view best;
  std::size_t least = std::max<std::size_t>(1, typed.size() / 3) + 1;
  for (const std::string_view word : known) {
    const std::size_t mistakes = distance(typed, word);
    if (mistakes < least) {
      least = mistakes;
      best = word;
    }
  }
  return std::string(best);
}

}  // namespace modgate
