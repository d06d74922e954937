// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/module_now.h"

#include <cerrno>
#include <nlohmann/json.hpp>

#include "gate/cli/admin/event_writer.h"
#include "gate/cli/admin/pin_file.h"
#include "gate/client/printable.h"
#include "gate/module/signature.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

std::string rule_or_default(const std::string& rule) { return rule.empty() ? "default" : rule; }

std::string file_text(const RecordedModule& module) {
  const FileNow now = file_now(module);
  const std::string file = printable(module.file);
  switch (now.state) {
    case FileNow::State::same:
      return file + " is still the one that was loaded";
    case FileNow::State::changed:
      return file + " IS ANOTHER ONE NOW: sha256 " + digest_hex(*now.sha256) + " in place of " +
             digest_hex(module.sha256.value_or(Digest{}));
    case FileNow::State::gone:
      return file + " is not there any more";
    case FileNow::State::unreadable:
      return file + " cannot be read, or is no module any more";
    case FileNow::State::handed_over:
      break;
  }
  return file + " was handed over by its caller; sha256 " +
         digest_hex(module.sha256.value_or(Digest{}));
}

/// The load that made the module that the kernel has.
const KnownChange* load_of(std::optional<std::uint64_t> instance, const LoadHistory& history) {
  const auto& loaded = history.loaded();
  return instance && loaded && loaded->module.instance == *instance ? &*loaded : nullptr;
}

std::string person(const KnownChange& change) {
  return printable(change.user) + " (uid " + std::to_string(change.uid) + ')';
}

}  // namespace

const char* word(FileNow::State state) noexcept {
  switch (state) {
    case FileNow::State::same:
      return "same";
    case FileNow::State::changed:
      return "changed";
    case FileNow::State::gone:
      return "gone";
    case FileNow::State::unreadable:
      return "unreadable";
    case FileNow::State::handed_over:
      break;
  }
  return "handed over";
}

FileNow file_now(const RecordedModule& module, const std::string& tree) {
  if (!module.file.starts_with(tree) || module.file.find("/../") != std::string::npos) return {};
  prepare_verification();
  const auto pin = pin_file(module.file, KnownSigners{});
  if (!pin) {
    return {pin.error().code == ENOENT ? FileNow::State::gone : FileNow::State::unreadable, {}};
  }
  const Digest& found = pin->facts.sha256;
  const bool same = module.sha256 && *module.sha256 == found;
  return {same ? FileNow::State::same : FileNow::State::changed, found};
}

std::string who_text(const std::string& name, std::optional<std::uint64_t> instance,
                     const LoadHistory& history, bool own) {
  const std::string shown = printable(name);
  if (const KnownChange* load = load_of(instance, history)) {
    std::string text = shown + " was loaded by " + person(*load) + " at " +
                       time_text(load->time_ms) + "\n  rule    " +
                       printable(rule_or_default(load->rule));
    if (!load->role.empty()) text += ", role " + printable(load->role);
    if (!load->reason.empty()) text += "\n  reason  " + printable(load->reason);
    if (!load->module.parameters.empty()) {
      text += "\n  params  " + printable(load->module.parameters);
    }
    return text + "\n  file    " + file_text(load->module) + "\n  record  " +
           printable(load->record);
  }
  if (instance) {
    return own ? shown + " was not loaded by you; by whom says: modgate status " + shown
               : shown + " came another way: no record of this boot is of it";
  }
  std::string text = shown + " is not loaded";
  if (const auto& unload = history.unloaded()) {
    text += "; " + person(*unload) + " unloaded it at " + time_text(unload->time_ms) + ", record " +
            printable(unload->record);
  }
  return text;
}

std::string who_json(const std::string& name, std::optional<std::uint64_t> instance,
                     const LoadHistory& history) {
  Json who;
  who["module"] = name;
  who["loaded"] = instance.has_value();
  const KnownChange* load = load_of(instance, history);
  who["gate"] = load != nullptr;
  const KnownChange* change = load;
  if (load == nullptr && !instance && history.unloaded()) change = &*history.unloaded();
  if (change != nullptr) {
    who["user"] = change->user;
    who["uid"] = change->uid;
    who[load != nullptr ? "since" : "unloaded"] = time_text(change->time_ms);
    who["role"] = change->role;
    who["rule"] = rule_or_default(change->rule);
    who["reason"] = change->reason;
    who["record"] = change->record;
  }
  if (load != nullptr) {
    const FileNow now = file_now(load->module);
    who["params"] = load->module.parameters;
    who["file"] = load->module.file;
    who["sha256"] = digest_hex(load->module.sha256.value_or(Digest{}));
    who["file_now"] = word(now.state);
    if (now.sha256) who["sha256_now"] = digest_hex(*now.sha256);
  }
  return Json{{"who", std::move(who)}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace modgate
