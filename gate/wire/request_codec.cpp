// SPDX-License-Identifier: Apache-2.0
#include "gate/wire/request_codec.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "gate/wire/fields.h"
#include "gate/wire/utf8.h"

namespace modgate {
namespace {

/// Which fields a verb has a use for.
struct Shape {
  Verb verb;
  std::string_view word;
  std::size_t least_modules;
  std::size_t most_modules;
  bool takes_file;
  bool takes_parameters;
  bool takes_reason;
  bool takes_query;
  bool takes_user;
};

constexpr std::size_t kMany = Limits::plan_modules;

constexpr std::array<Shape, 11> kShapes = {{
    {Verb::load, "load", 1, 1, true, true, true, false, false},
    {Verb::unload, "unload", 1, kMany, false, false, true, false, false},
    {Verb::reload, "reload", 0, 0, true, true, true, false, false},
    {Verb::plan_load, "plan-load", 1, 1, true, true, true, false, false},
    {Verb::plan_unload, "plan-unload", 1, kMany, false, false, true, false, false},
    {Verb::list, "list", 0, kMany, false, false, false, false, false},
    {Verb::status, "status", 0, kMany, false, false, false, false, false},
    {Verb::log, "log", 0, 0, false, false, false, true, false},
    {Verb::sign_off, "sign-off", 0, 0, false, false, true, false, false},
    {Verb::policy_test_load, "policy-test-load", 1, 1, false, true, true, false, true},
    {Verb::policy_test_unload, "policy-test-unload", 1, kMany, false, false, true, false, true},
}};

constexpr std::size_t kQueryBytes = 1024;
constexpr std::size_t kLabelBytes = 4096;

constexpr std::array<std::pair<std::string_view, std::string LogQuery::*>, 6> kQueryTexts = {{
    {"log_user", &LogQuery::user},
    {"log_role", &LogQuery::role},
    {"log_module", &LogQuery::module},
    {"log_action", &LogQuery::action},
    {"log_outcome", &LogQuery::outcome},
    {"log_host", &LogQuery::host},
}};

Error refused(std::string message) { return {Outcome::usage, std::move(message)}; }

bool is_word_character(char byte) noexcept {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '_' || byte == '-';
}

bool is_word(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_word_character);
}

/// A field is taken off the list once it is understood; what is left at the end is unknown.
class Taker {
 public:
  explicit Taker(const Fields& fields) : fields_(fields) {}

  const std::string* take(std::string_view key) noexcept {
    const std::string* value = fields_.find(key);
    taken_ += value == nullptr ? 0 : 1;
    return value;
  }

  [[nodiscard]] bool is_done() const noexcept { return taken_ == fields_.all().size(); }

 private:
  const Fields& fields_;
  std::size_t taken_ = 0;
};

Result<bool> take_flag(Taker& taker, std::string_view key) {
  const std::string* value = taker.take(key);
  if (value == nullptr) return false;
  if (*value != "1") return refused("a flag that is malformed");
  return true;
}

Status take_modules(Taker& taker, const Shape& shape, Request& request) {
  const std::string* packed = taker.take("modules");
  if (packed != nullptr) {
    auto modules = unpack(*packed, shape.most_modules);
    if (!modules) return refused("too many modules, at most " + std::to_string(shape.most_modules));
    request.modules = std::move(*modules);
  }
  if (request.handed_over) {
    if (!request.modules.empty()) return refused("a module is named or handed over, not both");
    return Done{};
  }
  if (request.modules.size() < shape.least_modules) return refused("no module is named");
  for (const std::string& module : request.modules) {
    if (!is_alias(module)) {
      return refused(
          "a malformed name or alias of a module: it is of at most 1024 printable ASCII characters "
          "without white space, quotes and brackets");
    }
    if (is_word(module) && !is_module_name(module)) {
      return refused("the name of a module is too long: it has at most 55 characters");
    }
  }
  return Done{};
}

Status take_file(Taker& taker, const Shape& shape, Request& request) {
  const std::string* label = taker.take("file");
  if (label == nullptr) return Done{};
  if (!shape.takes_file) return refused("this command takes no file");
  if (label->empty() || label->size() > kLabelBytes) {
    return refused("the path of the file is too long: it has at most 4096 bytes");
  }
  request.handed_over = true;
  request.file_label = *label;
  return Done{};
}

Status take_parameters(Taker& taker, Request& request) {
  const std::string* packed = taker.take("parameters");
  if (packed == nullptr) return Done{};
  auto texts = unpack(*packed, Limits::parameters);
  if (!texts) return refused("too many parameters, at most 64");
  for (const std::string& text : *texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || !is_word(std::string_view(text).substr(0, equals))) {
      return refused("a malformed parameter: it is NAME=VALUE");
    }
    if (text.size() > Limits::parameter_bytes) {
      return refused("a parameter is too long: it has at most 1024 bytes");
    }
    request.parameters.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  return Done{};
}

Status take_reason(Taker& taker, Request& request) {
  const std::string* reason = taker.take("reason");
  if (reason == nullptr) return Done{};
  if (reason->size() > Limits::reason_bytes || !is_utf8(*reason)) {
    return refused("the reason is too long or no UTF-8: it has at most 1024 bytes");
  }
  request.reason = *reason;
  return Done{};
}

Status take_user(Taker& taker, Request& request) {
  const std::string* user = taker.take("user");
  if (user == nullptr) return Done{};
  if (user->empty() || user->size() > 256 || !is_utf8(*user)) {
    return refused("the name of the user is malformed");
  }
  request.user = *user;
  return Done{};
}

Result<std::int64_t> take_time(Taker& taker, std::string_view key) {
  const std::string* value = taker.take(key);
  if (value == nullptr) return std::int64_t{0};
  auto time = parse_number(*value, std::numeric_limits<std::int64_t>::max());
  if (!time) return time.error();
  return static_cast<std::int64_t>(*time);
}

Status take_query(Taker& taker, LogQuery& query) {
  for (const auto& [key, member] : kQueryTexts) {
    const std::string* value = taker.take(key);
    if (value == nullptr) continue;
    if (value->empty() || value->size() > kQueryBytes || !is_utf8(*value)) {
      return refused("a filter of the log is empty, too long or no UTF-8");
    }
    query.*member = *value;
  }
  auto since = take_time(taker, "log_since");
  if (!since) return since.error();
  query.since_ms = *since;
  auto until = take_time(taker, "log_until");
  if (!until) return until.error();
  query.until_ms = *until;
  if (const std::string* last = taker.take("log_last"); last != nullptr) {
    auto number = parse_number(*last, std::numeric_limits<std::uint32_t>::max());
    if (!number) return number.error();
    query.last = *number;
  }
  auto follow = take_flag(taker, "log_follow");
  if (!follow) return follow.error();
  query.follow = *follow;
  return Done{};
}

Status take_sign_off(Taker& taker, Request& request) {
  const std::string* up_to = taker.take("up_to");
  auto number =
      parse_number(up_to == nullptr ? "" : *up_to, std::numeric_limits<std::uint32_t>::max());
  if (!number || *number == 0) return refused("up to which record? A sequence number from 1 on");
  request.up_to = *number;
  const std::string* line = taker.take("up_to_line");
  if (line == nullptr) return Done{};
  const bool is_hex = line->find_first_not_of("0123456789abcdef") == std::string::npos;
  if (line->size() != 64 || !is_hex) return refused("the digest of a record is malformed");
  request.up_to_line = *line;
  return Done{};
}

Status take_all(Taker& taker, const Shape& shape, Request& request) {
  auto no_prompts = take_flag(taker, "non_interactive");
  if (!no_prompts) return no_prompts.error();
  request.interactive = !*no_prompts;
  if (auto taken = take_file(taker, shape, request); !taken) return taken;
  if (auto taken = take_modules(taker, shape, request); !taken) return taken;
  if (shape.takes_parameters) {
    if (auto taken = take_parameters(taker, request); !taken) return taken;
  }
  if (shape.takes_reason) {
    if (auto taken = take_reason(taker, request); !taken) return taken;
  }
  if (shape.takes_user) {
    if (auto taken = take_user(taker, request); !taken) return taken;
  }
  if (shape.takes_query) {
    if (auto taken = take_query(taker, request.log); !taken) return taken;
  }
  if (shape.verb == Verb::sign_off) {
    if (auto taken = take_sign_off(taker, request); !taken) return taken;
  }
  return Done{};
}

const Shape& shape_of(Verb verb) {
  return *std::find_if(kShapes.begin(), kShapes.end(),
                       [&](const Shape& shape) { return shape.verb == verb; });
}

void add_query(Fields& fields, const LogQuery& query) {
  for (const auto& [key, member] : kQueryTexts) {
    if (!(query.*member).empty()) fields.add(key, query.*member);
  }
  if (query.since_ms > 0) fields.add("log_since", std::to_string(query.since_ms));
  if (query.until_ms > 0) fields.add("log_until", std::to_string(query.until_ms));
  if (query.last > 0) fields.add("log_last", std::to_string(query.last));
  if (query.follow) fields.add("log_follow", "1");
}

}  // namespace

std::string encode_request(const Request& request) {
  Fields fields;
  fields.add("verb", shape_of(request.verb).word);
  if (!request.interactive) fields.add("non_interactive", "1");
  if (request.handed_over) fields.add("file", request.file_label);
  if (!request.modules.empty()) fields.add("modules", pack(request.modules));
  if (!request.parameters.empty()) {
    std::vector<std::string> texts;
    for (const Parameter& parameter : request.parameters) {
      texts.push_back(parameter.name + '=' + parameter.value);
    }
    fields.add("parameters", pack(texts));
  }
  if (request.reason) fields.add("reason", *request.reason);
  if (!request.user.empty()) fields.add("user", request.user);
  add_query(fields, request.log);
  if (request.up_to > 0) fields.add("up_to", std::to_string(request.up_to));
  if (!request.up_to_line.empty()) fields.add("up_to_line", request.up_to_line);
  return fields.encode();
}

Result<Request> decode_request(std::string_view message) {
  auto fields = Fields::decode(message, Limits::message_bytes, Limits::message_fields);
  if (!fields) return fields.error();
  Taker taker(*fields);
  const std::string* verb = taker.take("verb");
  const auto shape = std::find_if(kShapes.begin(), kShapes.end(), [&](const Shape& known) {
    return verb != nullptr && known.word == *verb;
  });
  if (shape == kShapes.end()) return refused("a command that this helper does not know");
  Request request;
  request.verb = shape->verb;
  if (auto taken = take_all(taker, *shape, request); !taken) return taken.error();
  if (!taker.is_done()) return refused("the request has a field that this helper does not know");
  return request;
}

bool is_module_name(std::string_view text) noexcept {
  return text.size() <= Limits::module_name && is_word(text);
}

bool is_alias(std::string_view text) noexcept {
  constexpr std::string_view kRefused = "\"'`()[]{}<>/";
  return !text.empty() && text.size() <= Limits::alias &&
         std::all_of(text.begin(), text.end(), [&](char byte) {
           return byte > ' ' && byte < '\x7f' && kRefused.find(byte) == std::string_view::npos;
         });
}

}  // namespace modgate
