// SPDX-License-Identifier: Apache-2.0
#include "gate/courier/witness_url.h"

#include <algorithm>
#include <charconv>

namespace modgate {
namespace {

constexpr std::size_t kLongest = 1024;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_host_character(char c) { return is_letter_or_digit(c) || c == '.' || c == '-'; }

bool is_address_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
         c == '.';
}

bool is_path_character(char c) { return c > ' ' && c < '\x7f' && c != '?' && c != '#'; }

bool parse_port(std::string_view text, std::uint16_t& port) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
  return !text.empty() && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() &&
         port != 0;
}

/// The host, in brackets where it is an IPv6 address; what is behind it stays in `rest`.
std::string_view take_host(std::string_view& rest) {
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return {};
    const std::string_view host = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    return std::all_of(host.begin(), host.end(), is_address_character) ? host : std::string_view();
  }
  const auto end = std::find_if_not(rest.begin(), rest.end(), is_host_character);
  const std::string_view host = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  rest.remove_prefix(host.size());
  return host;
}

}  // namespace

Result<WitnessUrl> parse_witness_url(std::string_view url) {
  const Error malformed{Outcome::usage,
                        "the witness's url must look like https://HOST[:PORT][/PATH]"};
  if (url.size() > kLongest) return malformed;
  WitnessUrl parsed;
  std::string_view rest = url;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
    parsed.tls = true;
    parsed.port = 443;
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return malformed;
  }
  parsed.host = take_host(rest);
  if (parsed.host.empty()) return malformed;
  if (rest.starts_with(':')) {
    const std::string_view port = rest.substr(1, std::min(rest.find('/'), rest.size()) - 1);
    if (!parse_port(port, parsed.port)) return malformed;
    rest.remove_prefix(1 + port.size());
  }
  if (!rest.empty() && rest.front() != '/') return malformed;
  if (!std::all_of(rest.begin(), rest.end(), is_path_character)) return malformed;
  while (rest.ends_with('/')) rest.remove_suffix(1);
  parsed.path = std::string(rest) + "/add-checkpoint";
  return parsed;
}

}  // namespace modgate
