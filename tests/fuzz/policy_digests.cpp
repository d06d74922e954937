// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gate/policy/parse.h"

/// Whatever a list of digests is, it has an error or pins the rule that names it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string list(reinterpret_cast<const char*>(data), size);
  modgate::ParseOptions options;
  options.read_file = [&](const std::string&) -> modgate::Result<std::string> { return list; };
  const modgate::ParsedPolicy parsed =
      modgate::parse_policy({{"p", "[[deny]]\nmodules = [\"m\"]\nsha256_file = \"l\"\n"}}, options);
  const bool has_error =
      std::any_of(parsed.problems.begin(), parsed.problems.end(),
                  [](const modgate::Problem& problem) { return problem.is_error; });
  if (has_error == parsed.policy.has_value()) std::abort();
  if (parsed.policy && parsed.policy->rules().front().details->digests.size() != 1) std::abort();
  return 0;
}
