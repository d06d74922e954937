// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/nearest.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

namespace modgate {
namespace {

/// Longer words are not worth the time.
constexpr std::size_t kLongestTyped = 64;

/// How many letters to insert, remove, replace, or exchange with the next.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before_last;
  std::vector<std::size_t> last;
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t at = 0; at < left.size(); ++at) {
    before_last = std::exchange(last, row);
    row[0] = at + 1;
    for (std::size_t other = 0; other < right.size(); ++other) {
      const std::size_t replaced = last[other] + (left[at] == right[other] ? 0U : 1U);
      row[other + 1] = std::min({replaced, row[other] + 1, last[other + 1] + 1});
      if (at > 0 && other > 0 && left[at] == right[other - 1] && left[at - 1] == right[other]) {
        row[other + 1] = std::min(row[other + 1], before_last[other - 1] + 1);
      }
    }
  }
  return row[right.size()];
}

}  // namespace

std::string nearest(std::string_view typed, const std::vector<std::string_view>& known) {
  if (typed.size() > kLongestTyped) return {};
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
