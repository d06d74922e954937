// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/ask.h"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "gate/cli/answer_text.h"
#include "gate/client/connection.h"
#include "gate/client/conversation.h"
#include "gate/client/handed_file.h"
#include "gate/client/printable.h"
#include "gate/client/terminal.h"
#include "gate/wire/request_codec.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

/// The helper would refuse it in the same words; so nobody need be there to hear them.
Status check_form(const Request& request) {
  auto understood = decode_request(encode_request(request));
  if (!understood) return understood.error();
  return Done{};
}

bool may_prompt(Verb verb) {
  return verb == Verb::load || verb == Verb::unload || verb == Verb::reload;
}

/// Shows one line of the answer, and remembers that a plan was shown which is denied.
class Shown {
 public:
  Shown(Output& output, const Presenter& present) : output_(output), present_(present) {}

  Status operator()(const std::string& line) {
    const bool is_plan = line.starts_with(R"({"plan")");
    if (output_.is_json() && !is_plan) return output_.line(line);
    const Json answer = Json::parse(line, nullptr, false);
    if (is_plan) is_denied_plan_ = text_of(part_of(answer, "plan"), "decision") == "deny";
    if (output_.is_json()) return output_.line(line);
    if (answer.is_discarded()) {
      return Error{Outcome::unavailable, "the helper spoke what this version does not understand"};
    }
    for (const Json& warning : part_of(answer, "warnings")) {
      if (warning.is_string()) {
        output_.remark("warning: " + printable(warning.get<std::string>()));
      }
    }
    return output_.line(present_(answer));
  }

  /// A denied plan says so itself: with --json it stays one object. Of an allowed one whose modules
  /// could not be examined it does not tell why.
  [[nodiscard]] bool says_all() const noexcept { return is_denied_plan_ && output_.is_json(); }

 private:
  Output& output_;
  const Presenter& present_;
  bool is_denied_plan_ = false;
};

}  // namespace

int ask(const CommandLine& line, Request request, const std::string& path,
        const Presenter& present) {
  Output output(line.json);
  std::optional<Terminal> terminal;
  if (line.interactive && may_prompt(request.verb)) terminal = Terminal::open();
  request.interactive = terminal.has_value();
  request.reason = line.reason;
  if (auto formed = check_form(request); !formed) return output.refuse(formed.error());

  auto gate = connect_to_gate(line.socket.value_or(kGateSocket), line.socket.has_value());
  if (!gate) return output.refuse(gate.error());
  Fd file;
  if (!path.empty()) {
    auto opened = open_handed_file(path);
    if (!opened) return output.refuse(opened.error());
    file = std::move(*opened);
  }
  Shown shown(output, present);
  const ReplyEnd end = converse(*gate, request, file, terminal ? &*terminal : nullptr,
                                [&](const std::string& text) { return shown(text); });
  if (end.outcome == Outcome::done) return 0;
  return shown.says_all() ? static_cast<int>(end.outcome) : output.refuse(end);
}

Result<std::string> take_module_and_parameters(const CommandLine& line, Request& request) {
  if (line.words.empty()) {
    return Error{Outcome::usage, std::string(line.command->name) + " what? See: modgate " +
                                     line.command->name + " --help"};
  }
  const std::string& module = line.words.front();
  for (std::size_t at = 1; at < line.words.size(); ++at) {
    const std::string& word = line.words[at];
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) {
      return Error{Outcome::usage,
                   "'" + word + "' is no parameter: PARAM=VALUE follows the module"};
    }
    request.parameters.push_back({word.substr(0, equals), word.substr(equals + 1)});
  }
  if (module.find('/') == std::string::npos) {
    request.modules = {module};
    return std::string();
  }
  request.handed_over = true;
  request.file_label = module;
  return module;
}

}  // namespace modgate
