// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/glob.h"

#include <algorithm>
#include <cstddef>

namespace modgate {
namespace {

/// Where to go on if the star before does not reach far enough yet.
struct Retry {
  bool is_set = false;
  std::size_t pattern = 0;
  std::size_t text = 0;
};

}  // namespace

bool Glob::matches(std::string_view text) const noexcept {
  const std::string_view pattern = pattern_;
  std::size_t at = 0;
  std::size_t in_text = 0;
  // The latest of each kind suffices: a later `*` can do all that an earlier one of its part could,
  // and when the part ends only the latest `**` can still stretch.
  Retry star;
  Retry double_star;
  while (true) {
    if (at + 1 < pattern.size() && pattern[at] == '*' && pattern[at + 1] == '*') {
      at += 2;
      double_star = {true, at, in_text};
      star = {};
      continue;
    }
    if (at < pattern.size() && pattern[at] == '*') {
      ++at;
      star = {true, at, in_text};
      continue;
    }
    if (at == pattern.size() && in_text == text.size()) return true;
    const bool same =
        at < pattern.size() && in_text < text.size() &&
        (pattern[at] == text[in_text] || (pattern[at] == '?' && text[in_text] != '/') ||
         (is_of_modules_ && pattern[at] == '-' && text[in_text] == '_'));
    if (same) {
      ++at;
      ++in_text;
    } else if (star.is_set && star.text < text.size() && text[star.text] != '/') {
      ++star.text;
      at = star.pattern;
      in_text = star.text;
    } else if (double_star.is_set && double_star.text < text.size()) {
      star = {};
      ++double_star.text;
      at = double_star.pattern;
      in_text = double_star.text;
    } else {
      return false;
    }
  }
}

bool matches_any(const std::vector<Glob>& globs, std::string_view text) noexcept {
  return globs.empty() || std::any_of(globs.begin(), globs.end(),
                                      [&](const Glob& glob) { return glob.matches(text); });
}

}  // namespace modgate
