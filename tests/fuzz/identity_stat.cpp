// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gate/identity/process_stat.h"
#include "gate/identity/terminal.h"

// CVE-2017-1000367: the text of /proc/PID/stat, in which a process chooses its own name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto stat = modgate::parse_process_stat(text);
  if (!stat) return 0;
  if (stat->name.size() > 15 || stat->pid < 0 || stat->parent < 0 || stat->session < 0)
    std::abort();
  // What a name holds changes no other field.
  const std::string_view rest = text.substr(text.rfind(')'));
  const std::string other = std::to_string(stat->pid) + " (x" + std::string(rest);
  auto expected = *stat;
  expected.name = "x";
  if (modgate::parse_process_stat(other) != expected) std::abort();
  if (modgate::terminal_name(stat->terminal).size() > 15) std::abort();
  return 0;
}
