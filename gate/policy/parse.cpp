// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/parse.h"

#include <algorithm>
#include <exception>
#include <tuple>

#include "gate/policy/policy_builder.h"
#include "gate/policy/text_limits.h"

namespace modgate {
namespace {

void sort_problems(std::vector<Problem>& problems, const std::vector<PolicyFile>& sources) {
  const auto place = [&](const Problem& problem) {
    const auto file = std::find_if(sources.begin(), sources.end(), [&](const PolicyFile& source) {
      return source.path == problem.file;
    });
    // A file that the policy names stands after those that it is merged from.
    const std::string name = file == sources.end() ? problem.file : std::string();
    return std::tuple(file - sources.begin(), name, problem.line, problem.column);
  };
  std::stable_sort(
      problems.begin(), problems.end(),
      [&](const Problem& left, const Problem& right) { return place(left) < place(right); });
}

bool is_sound(const std::vector<Problem>& problems) {
  return std::none_of(problems.begin(), problems.end(),
                      [](const Problem& problem) { return problem.is_error; });
}

/// Without a policy where there is an error.
ParsedPolicy parse_in_pieces(const std::vector<PolicyFile>& sources, const ParseOptions& options,
                             std::size_t piece_bytes, bool& has_cut) {
  ParsedPolicy parsed;
  PolicyBuilder builder(options, piece_bytes, parsed.problems);
  for (const PolicyFile& source : sources) builder.add(source);
  has_cut = builder.has_cut();
  if (is_sound(parsed.problems)) builder.check_merged();
  sort_problems(parsed.problems, sources);
  if (is_sound(parsed.problems)) parsed.policy = builder.finish();
  return parsed;
}

}  // namespace

ParsedPolicy parse_policy(const std::vector<PolicyFile>& sources, const ParseOptions& options) {
  ParsedPolicy parsed;
  try {
    bool has_cut = false;
    parsed = parse_in_pieces(sources, options, options.piece_bytes, has_cut);
    if (parsed.policy || !has_cut) return parsed;
    return parse_in_pieces(sources, options, kMostText, has_cut);
  } catch (const std::exception& failure) {
    parsed.policy.reset();
    parsed.problems.push_back({true, sources.empty() ? "" : sources.front().path, 1, 1,
                               std::string("the policy cannot be parsed: ") + failure.what()});
  }
  return parsed;
}

}  // namespace modgate
