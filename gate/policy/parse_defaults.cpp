// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/parse_defaults.h"

#include <algorithm>
#include <charconv>

#include "gate/policy/parse_witness.h"

namespace modgate {
namespace {

constexpr std::chrono::seconds kLongestTicket = std::chrono::hours(24);
constexpr std::uint64_t kLeastModuleBytes = 4096;
/// What one caller may hold at once (the contract's section 8).
constexpr std::uint64_t kMostModuleBytes = std::uint64_t{512} << 20U;

std::optional<std::uint64_t> parse_digits(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// A key whose value is one of a few words.
std::optional<std::string> parse_word(TableReader& reader, std::string_view key,
                                      const std::vector<std::string>& words) {
  const toml::node* node = reader.take(key);
  if (node == nullptr) return std::nullopt;
  auto value = node->value_exact<std::string>();
  if (value && std::find(words.begin(), words.end(), *value) != words.end()) return value;
  std::string list;
  for (const std::string& word : words) {
    list += (list.empty() ? "" : &word == &words.back() ? " or " : ", ") + ('"' + word + '"');
  }
  reader.problems().error(node->source().begin, '\'' + std::string(key) + "' is " + list);
  return std::nullopt;
}

std::optional<std::chrono::seconds> parse_ticket(TableReader& reader) {
  const toml::node* node = reader.take("ticket");
  if (node == nullptr) return std::nullopt;
  const auto text = node->value_exact<std::string>();
  const auto ticket = text ? parse_duration(*text) : std::nullopt;
  if (!ticket) {
    reader.problems().error(
        node->source().begin,
        "'ticket' is a time such as \"90s\", \"5m\" or \"8h\", at most \"24h\", "
        "or \"0\" to ask every time");
  }
  return ticket;
}

std::optional<std::uint64_t> parse_max_module_size(TableReader& reader) {
  const toml::node* node = reader.take("max_module_size");
  if (node == nullptr) return std::nullopt;
  const auto text = node->value_exact<std::string>();
  const auto size = text ? parse_size(*text) : std::nullopt;
  if (!size || *size < kLeastModuleBytes || *size > kMostModuleBytes) {
    reader.problems().error(node->source().begin,
                            "'max_module_size' is a size such as \"256M\", of \"4K\" to \"512M\"");
    return std::nullopt;
  }
  return size;
}

}  // namespace

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::seconds(0);
  if (text.size() < 2 || text.size() > 8) return std::nullopt;
  const auto number = parse_digits(text.substr(0, text.size() - 1));
  if (!number) return std::nullopt;
  std::uint64_t unit = 0;
  if (text.back() == 's') unit = 1;
  if (text.back() == 'm') unit = 60;
  if (text.back() == 'h') unit = 3600;
  const std::chrono::seconds duration(*number * unit);
  if (unit == 0 || duration > kLongestTicket) return std::nullopt;
  return duration;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  if (text.empty() || text.size() > 12) return std::nullopt;
  unsigned shift = 0;
  if (text.back() == 'K') shift = 10;
  if (text.back() == 'M') shift = 20;
  if (text.back() == 'G') shift = 30;
  const auto number = parse_digits(text.substr(0, text.size() - (shift > 0 ? 1 : 0)));
  if (!number) return std::nullopt;
  constexpr std::uint64_t kSane = std::uint64_t{1} << 33U;
  if (*number > kSane) return std::nullopt;
  return *number << shift;
}

std::optional<ReasonRule> parse_reason(TableReader& reader, PatternShelf& patterns) {
  const toml::node* node = reader.take("reason");
  if (node == nullptr) return std::nullopt;
  if (const auto flag = node->value_exact<bool>()) return ReasonRule{*flag, std::nullopt};
  const auto text = node->value_exact<std::string>();
  if (!text || text->empty()) {
    reader.problems().error(node->source().begin, "'reason' is true, false or a pattern");
    return std::nullopt;
  }
  auto pattern = patterns.get(*text);
  if (!pattern) {
    reader.problems().error(node->source().begin, "'reason': " + pattern.error().message);
    return std::nullopt;
  }
  return ReasonRule{true, std::move(*pattern)};
}

std::optional<std::string> parse_pam_service(TableReader& reader) {
  const toml::node* node = reader.take("pam_service");
  if (node == nullptr) return std::nullopt;
  auto name = node->value_exact<std::string>();
  // libpam looks below /etc/pam.d for the lower-case name; a '/' would be a path.
  const bool sound = name && !name->empty() && name->size() <= 64 && name->front() != '.' &&
                     std::all_of(name->begin(), name->end(), [](char byte) {
                       return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
                              byte == '-' || byte == '_' || byte == '.';
                     });
  if (sound) return name;
  reader.problems().error(node->source().begin,
                          "'pam_service' is the name of a file in /etc/pam.d: of a-z 0-9 - _ .");
  return std::nullopt;
}

WrittenDefaults parse_defaults(const toml::table& table, PatternShelf& patterns,
                               ProblemList& problems) {
  TableReader reader(table, "[defaults]", problems);
  WrittenDefaults defaults;
  defaults.authenticate = reader.flag("authenticate");
  defaults.ticket = parse_ticket(reader);
  defaults.pam_service = parse_pam_service(reader);
  defaults.reason = parse_reason(reader, patterns);
  if (const auto way = parse_word(reader, "dependencies", {"follow", "listed"})) {
    defaults.lists_dependencies = *way == "listed";
  }
  if (const auto source = parse_word(reader, "load_source", {"memory", "file"})) {
    defaults.loads_from_file = *source == "file";
  }
  defaults.linux_audit = parse_word(reader, "linux_audit", {"off", "on", "required"});
  defaults.anchor = parse_anchor(reader);
  defaults.max_module_bytes = parse_max_module_size(reader);
  reader.finish();
  return defaults;
}

}  // namespace modgate
