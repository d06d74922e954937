// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/pattern.h"

#include <re2/re2.h>

#include <algorithm>

namespace modgate {
namespace {

constexpr std::size_t kLongestExpression = 1024;
constexpr std::int64_t kMostMemory = std::int64_t{1} << 20;

}  // namespace

Result<Pattern> Pattern::compile(const std::string& expression) {
  if (expression.size() > kLongestExpression) {
    return Error{Outcome::usage, "the pattern is longer than 1024 bytes"};
  }
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMostMemory);
  auto compiled = std::make_shared<const RE2>(expression, options);
  if (!compiled->ok()) {
    return Error{Outcome::usage, "the pattern is no regular expression: " + compiled->error()};
  }
  return Pattern(std::move(compiled));
}

bool Pattern::matches(std::string_view text) const {
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *compiled_);
}

const std::string& Pattern::expression() const { return compiled_->pattern(); }

std::size_t Pattern::instructions() const {
  return static_cast<std::size_t>(std::max(compiled_->ProgramSize(), 0));
}

}  // namespace modgate
