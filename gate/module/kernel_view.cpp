// SPDX-License-Identifier: Apache-2.0
#include "gate/module/kernel_view.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "gate/module/bounded_file.h"
#include "gate/module/module_name.h"
#include "modgate/handle.h"

namespace modgate {
namespace {

constexpr std::size_t kLargestList = std::size_t{8} * 1024 * 1024;

/// Cuts the next field off a line whose fields are parted by one space.
std::string_view next_field(std::string_view& line) {
  const std::string_view field = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(line.size(), field.size() + 1));
  return field;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (trouble != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "a,b," as the kernel writes it; "-" is none, and "[permanent]," is no module.
std::vector<std::string> holders_in(std::string_view text) {
  std::vector<std::string> holders;
  while (!text.empty()) {
    const std::string_view name = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), name.size() + 1));
    if (is_canonical_name(name)) holders.emplace_back(name);
  }
  return holders;
}

std::string_view without_brackets(std::string_view text) {
  if (text.starts_with('(')) text.remove_prefix(1);
  if (text.ends_with(')')) text.remove_suffix(1);
  return text;
}

/// proc_modules(5): name, size, references, holders, state, address and, in brackets, taints.
std::optional<LoadedModule> parse_line(std::string_view line) {
  LoadedModule module;
  module.name = next_field(line);
  const auto size = number(next_field(line));
  const std::string_view references = next_field(line);
  const std::string_view holders = next_field(line);
  module.state = next_field(line);
  const std::string_view address = next_field(line);
  // A kernel that cannot unload writes '-' for the references, and -1 stands for those of a module
  // that is going (module_refcount() less the kernel's own).
  const bool none = references == "-" || references == "-1";
  const auto count = none ? std::optional<std::uint64_t>(0) : number(references);
  if (!is_canonical_name(module.name) || !size || !count || holders.empty() ||
      module.state.empty() || address.empty()) {
    return std::nullopt;
  }
  module.size = *size;
  module.references = *count;
  module.holders = holders_in(holders);
  module.taints = without_brackets(line);
  return module;
}

}  // namespace

Result<std::vector<LoadedModule>> parse_loaded_modules(std::string_view text) {
  std::vector<LoadedModule> modules;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    auto module = parse_line(line);
    if (!module) return Error{Outcome::unavailable, "/proc/modules holds a line that is none"};
    modules.push_back(std::move(*module));
  }
  return modules;
}

Result<std::vector<LoadedModule>> loaded_modules() {
  const auto text = read_bounded("/proc/modules", kLargestList);
  if (!text) return text.error();
  return parse_loaded_modules(*text);
}

std::optional<std::uint64_t> module_instance(const std::string& name) {
  if (!is_canonical_name(name)) return std::nullopt;
  const std::string path = "/sys/module/" + name;
  const Fd directory(::open(path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat state = {};
  // Only what was loaded has a state; what is built in may have a directory.
  if (!directory || ::faccessat(directory.get(), "initstate", F_OK, 0) != 0 ||
      ::fstat(directory.get(), &state) != 0) {
    return std::nullopt;
  }
  return state.st_ino;
}

std::optional<std::uint64_t> kernel_taint() {
  const auto text = read_bounded("/proc/sys/kernel/tainted", 64);
  if (!text) return std::nullopt;
  std::string_view digits(*text);
  if (digits.ends_with('\n')) digits.remove_suffix(1);
  return number(digits);
}

}  // namespace modgate
