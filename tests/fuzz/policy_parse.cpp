// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gate/policy/lint.h"
#include "gate/policy/parse.h"

namespace {

std::string described(const modgate::ParsedPolicy& parsed) {
  std::string text;
  for (const modgate::Problem& problem : parsed.problems) text += problem.text() + '\n';
  if (!parsed.policy) return text;
  for (const modgate::Rule& rule : parsed.policy->rules()) {
    text += rule.ref().text() + ' ' + *rule.role_name + (rule.is_allow ? " allow" : " deny");
    for (const modgate::Glob& glob : rule.modules) text += ' ' + glob.pattern();
    text += '\n';
  }
  for (const modgate::Member& member : parsed.policy->members()) text += member.text() + '\n';
  for (const modgate::Problem& problem : modgate::lint(*parsed.policy, {})) {
    text += problem.text() + '\n';
  }
  return text;
}

}  // namespace

/// Whatever it is, it means the same in pieces and whole, and has an error or is a policy.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  modgate::ParseOptions whole;
  whole.piece_bytes = size + 1;
  modgate::ParseOptions pieces;
  pieces.piece_bytes = 1;
  const modgate::ParsedPolicy parsed = modgate::parse_policy({{"p", text}}, whole);
  bool has_error = false;
  for (const modgate::Problem& problem : parsed.problems) has_error |= problem.is_error;
  if (has_error == parsed.policy.has_value()) std::abort();
  if (described(modgate::parse_policy({{"p", text}}, pieces)) != described(parsed)) std::abort();
  return 0;
}
