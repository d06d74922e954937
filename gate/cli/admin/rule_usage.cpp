// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/rule_usage.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "gate/audit/search.h"
#include "modgate/handle.h"

namespace modgate {

Result<std::map<std::string, std::uint64_t>> count_rule_usage(const std::string& directory,
                                                              const std::string& policy_digest) {
  const Fd log(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!log) {
    return Error{Outcome::failed, "cannot open " + directory + ": " + std::strerror(errno), errno};
  }
  std::map<std::string, std::uint64_t> counts;
  StoredLine event;
  LogFilter all({}, {});
  auto searched = search_log(log.get(), all, {}, [&](std::string_view line) -> Status {
    // An intent and its outcome are one request: the outcome is left out.
    if (!event.parse(line) || text_at(event.root(), "/unmapped/modgate/kind") == "outcome") {
      return Done{};
    }
    if (text_at(event.root(), "/unmapped/modgate/policy") != policy_digest) return Done{};
    const std::string rule(text_at(event.root(), "/unmapped/modgate/rule"));
    if (!rule.empty()) ++counts[rule];
    return Done{};
  });
  if (!searched) return searched.error();
  return counts;
}

}  // namespace modgate
