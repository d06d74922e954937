// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <iostream>
#include <nlohmann/json.hpp>

#include "gate/cli/admin/commands.h"
#include "gate/cli/admin/program_output.h"
#include "gate/cli/admin/sudoers_translation.h"
#include "gate/cli/output.h"
#include "gate/client/printable.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kConverter = "/usr/bin/cvtsudoers";

/// What a program said, as one line for a person.
std::string one_line(std::string text) {
  constexpr std::size_t kMost = 400;
  while (text.ends_with('\n')) text.pop_back();
  for (char& byte : text) {
    if (byte == '\n') byte = ' ';
  }
  return text.size() > kMost ? text.substr(0, kMost) + "..." : text;
}

/// The file with its aliases taken apart, as JSON.
Result<std::string> converted(const std::string& file, Output& output) {
  // No settings of the converter's own: they can leave lines out.
  auto printed = output_of({kConverter, "-c", "/dev/null", "-e", "-f", "json", "--", file});
  if (!printed && printed.error().code == ENOENT) {
    return Error{Outcome::failed,
                 std::string(kConverter) + " is not there: install the package sudo", ENOENT};
  }
  if (!printed) return printed.error();
  const std::string said = one_line(printed->err);
  if (!printed->succeeded) {
    return Error{Outcome::failed,
                 file + " cannot be read as sudoers: " + (said.empty() ? "no reason given" : said)};
  }
  if (!said.empty()) output.remark(printable(said));
  return std::move(printed->out);
}

int import_sudoers(const CommandLine& line) {
  Output output(line.json);
  if (line.words.size() != 1 || line.words.front().empty() || line.words.front() == "-") {
    return output.refuse(Error{Outcome::usage, "policy import-sudoers takes one file"});
  }
  const std::string& file = line.words.front();
  auto json = converted(file, output);
  if (!json) return output.refuse(json.error());
  auto policy = policy_from_sudoers(*json, file);
  if (!policy) return output.refuse(policy.error());
  while (policy->ends_with('\n')) policy->pop_back();
  auto shown = output.line(line.json ? Json{{"policy", *policy + '\n'}}.dump() : *policy);
  return shown ? 0 : output.refuse(shown.error());
}

}  // namespace

Command import_sudoers_command() {
  return {"policy import-sudoers",
          "FILE",
          "Prints the policy that allows what the lines of a sudoers file allow with modprobe and "
          "rmmod,\n"
          "and nothing more. What no rule can say just so stands there as a comment with the "
          "reason.\n"
          "It reads the file with cvtsudoers of the package sudo and changes nothing.\n\n"
          "  modgate policy import-sudoers /etc/sudoers > draft.toml\n"
          "  modgate policy check draft.toml",
          false,
          {},
          import_sudoers};
}

}  // namespace modgate
