// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/event.h"

#include <algorithm>
#include <array>

#include "gate/audit/chain.h"
#include "gate/audit/classification.h"
#include "gate/audit/event_context.h"
#include "gate/audit/timestamp.h"

namespace modgate {
namespace {

using Json = EventJson;

constexpr std::int64_t kNanosecondsInMillisecond = 1'000'000;

/// How far texts are cut, from not at all to what fits any line.
constexpr std::array<std::size_t, 6> kClips = {SIZE_MAX, 16384, 4096, 512, 96, 24};

struct Sources {
  const Record& record;
  const Peer* peer;
  const Stamp& stamp;
  const Origin& origin;
};

std::int64_t time_ns(const Sources& from) {
  return from.record.time_ns > 0 ? from.record.time_ns
                                 : from.stamp.logged_ms * kNanosecondsInMillisecond;
}

void add_caption(Json& event, const char* id, const char* text, const Caption& caption) {
  event[id] = caption.id;
  event[text] = caption.text;
}

void add_classification(Json& event, const EventClass& klass) {
  add_caption(event, "class_uid", "class_name", klass.of);
  add_caption(event, "activity_id", "activity_name", klass.activity);
  event["type_uid"] = klass.type();
  event["type_name"] = std::string(klass.of.text) + ": " + klass.activity.text;
  add_caption(event, "category_uid", "category_name", klass.category);
}

void add_judgement(Json& event, const Record& record, const Clip& clip) {
  const EventJudgement judgement = judge(record);
  add_caption(event, "severity_id", "severity", judgement.severity);
  add_caption(event, "status_id", "status", judgement.status);
  if (!record.code.empty()) {
    event["status_code"] = clip(record.code);
  } else if (record.kind == RecordKind::outcome && judgement.status.id == 1) {
    event["status_code"] = "0";
  }
  if (judgement.action) add_caption(event, "action_id", "action", *judgement.action);
  if (judgement.disposition) {
    add_caption(event, "disposition_id", "disposition", *judgement.disposition);
  }
  if (judgement.action) event["is_alert"] = judgement.alert;
}

void add_aggregate(Json& event, const Record& record, std::int64_t end_ms) {
  if (record.count <= 1) return;
  event["count"] = record.count;
  event["start_time"] = record.first_ms;
  event["end_time"] = end_ms;
}

std::string rule_or_default(const Record& record) {
  return record.rule.empty() ? "default" : record.rule;
}

/// `policy` and `authorizations`: what was decided and why, where OCSF looks for it.
void add_decision(Json& event, const Record& record, const Clip& clip) {
  if (!record.policy_digest.empty()) {
    Json& whole = event["policy"];
    whole["name"] = "modgate.policy";
    whole["uid"] = "sha256:" + clip(record.policy_digest);
    whole["is_applied"] = true;
  }
  Json policy;
  policy["name"] = record.role.empty() ? "default" : "role:" + clip(record.role);
  policy["uid"] = clip(rule_or_default(record));
  Json authorization;
  const bool denied = judge(record).action.value_or(Caption{}).id == 2;
  authorization["decision"] = denied ? "denied" : "allowed";
  authorization["policy"] = std::move(policy);
  event["authorizations"].push_back(std::move(authorization));
}

/// What OCSF calls the outcome of a try, after the names of PAM's results.
const char* authentication_detail(const std::string& code) {
  if (code == "PAM_AUTH_ERR") return "INVALID_CREDENTIALS";
  if (code == "PAM_USER_UNKNOWN") return "USER_DOES_NOT_EXIST";
  if (code == "PAM_MAXTRIES") return "ACCOUNT_LOCKED_OUT";
  if (code == "PAM_NEW_AUTHTOK_REQD" || code == "PAM_AUTHTOK_EXPIRED") return "PASSWORD_EXPIRED";
  return nullptr;
}

void add_authentication(Json& event, const Sources& from, const Clip& clip) {
  const Record& record = from.record;
  if (const char* detail = authentication_detail(record.code)) event["status_detail"] = detail;
  event["user"] = user_json(record, from.peer, clip);
  const std::size_t colon = record.authentication.find(':');
  const std::string service =
      colon == std::string::npos ? std::string() : record.authentication.substr(colon + 1);
  event["service"]["name"] = service.empty() ? "modgate" : clip(service);
  add_caption(event, "auth_protocol_id", "auth_protocol", {99, "PAM"});
  add_caption(event, "logon_type_id", "logon_type", {2, "Interactive"});
  event["is_remote"] = false;
  event["is_mfa"] = false;
}

/// The log, as far as it was read.
void add_log_entity(Json& event, const Record& record) {
  Json entity;
  entity["name"] = "modgate.audit";
  entity["type"] = "Log";
  if (!record.up_to_line.empty()) entity["uid"] = "sha256:" + record.up_to_line;
  event["entity"] = std::move(entity);
}

void add_policy_entity(Json& event, const Record& record, const Clip& clip) {
  Json entity;
  entity["name"] = "modgate.policy";
  entity["type"] = "Policy";
  if (!record.policy_digest.empty()) entity["uid"] = "sha256:" + clip(record.policy_digest);
  event["entity"] = std::move(entity);
}

/// What is particular to the event's class.
void add_subject(Json& event, const EventClass& klass, const Sources& from, const Clip& clip) {
  switch (klass.of.id) {
    case kKernelExtensionActivity:
      event["driver"] = driver_json(from.record, clip);
      add_decision(event, from.record, clip);
      if (from.record.duration_us > 0) event["duration"] = from.record.duration_us / 1000;
      break;
    case kAuthentication:
      add_authentication(event, from, clip);
      break;
    case kEntityManagement:
      if (from.record.kind == RecordKind::sign_off) {
        add_log_entity(event, from.record);
      } else {
        add_policy_entity(event, from.record, clip);
      }
      break;
    default:
      event["app"] = product_json(from.origin);
  }
}

Json module_json(const RecordedModule& module, const Clip& clip) {
  Json json;
  json["name"] = clip(module.name);
  json["file"] = clip(module.file);
  if (module.sha256) json["sha256"] = digest_hex(*module.sha256);
  if (module.size > 0) json["size"] = module.size;
  json["signer"] = clip(module.signer);
  json["params"] = clip(module.parameters);
  json["state"] = word(module.state);
  json["why"] = word(module.why);
  if (module.step != Step::none) {
    json["step"] = word(module.step);
    json["errno"] = module.code;
  }
  if (module.instance != 0) json["instance"] = module.instance;
  return json;
}

Json removed_json(const RemovedRecords& removed) {
  Json json;
  json["from"] = removed.from;
  json["to"] = removed.to;
  json["last_hash"] = removed.last_hash;
  json["segments"] = removed.segments;
  json["bytes"] = removed.bytes;
  json["reason"] = removed.reason;
  return json;
}

/// What OCSF has no place for.
Json own_json(const Sources& from, bool about_modules, const Clip& clip) {
  const Record& record = from.record;
  Json own;
  own["kind"] = kind_word(record.kind);
  if (record.kind != RecordKind::intent) own["outcome"] = outcome_word(record);
  if (about_modules) {
    own["action"] = word(record.action);
    if (record.reload) own["request"] = std::string(kReloadRequest);
    own["asked"] = clip(record.asked);
    own["role"] = clip(record.role);
    own["rule"] = clip(rule_or_default(record));
    own["reason"] = clip(record.reason);
    if (record.anchor) own["anchor"] = "before-load";
  }
  if (record.kind == RecordKind::sign_off) {
    own["up_to"] = record.up_to;
    if (!record.up_to_line.empty()) own["up_to_line"] = record.up_to_line;
    own["reason"] = clip(record.reason);
  }
  if (!record.authentication.empty()) own["authentication"] = clip(record.authentication);
  if (about_modules) {
    Json modules = Json::array();
    for (const RecordedModule& module : record.modules) {
      modules.push_back(module_json(module, clip));
    }
    own["modules"] = std::move(modules);
  }
  if (!record.appeared.empty()) {
    Json appeared = Json::array();
    for (const std::string& name : record.appeared) appeared.push_back(clip(name));
    own["appeared"] = std::move(appeared);
  }
  if (!record.policy_digest.empty()) own["policy"] = clip(record.policy_digest);
  if (record.taint_before) own["taint_before"] = *record.taint_before;
  if (record.taint_after) own["taint_after"] = *record.taint_after;
  if (record.duration_us > 0) own["duration_us"] = record.duration_us;
  if (record.count > 1) own["count"] = record.count;
  if (record.removed) own["removed"] = removed_json(*record.removed);
  own["chain"]["prev"] = from.stamp.prev;
  return own;
}

Json metadata_json(const EventClass& klass, const Sources& from) {
  Json metadata;
  metadata["sequence"] = from.stamp.sequence;
  metadata["uid"] = from.stamp.uid;
  metadata["correlation_uid"] = from.stamp.correlation_uid;
  metadata["event_code"] = klass.code;
  metadata["version"] = "1.8.0";
  metadata["product"] = product_json(from.origin);
  Json profiles = Json::array();
  profiles.push_back("host");
  if (klass.of.id == kKernelExtensionActivity) profiles.push_back("security_control");
  profiles.push_back("linux/linux_users");
  metadata["profiles"] = std::move(profiles);
  Json extension;
  extension["name"] = "linux";
  extension["uid"] = "1";
  extension["version"] = "1.8.0";
  metadata["extensions"].push_back(std::move(extension));
  metadata["log_name"] = "modgate.audit";
  metadata["log_provider"] = "modgated";
  metadata["logged_time"] = from.stamp.logged_ms;
  metadata["original_time"] = rfc3339_utc(time_ns(from));
  return metadata;
}

Json build(const Sources& from, const Clip& clip) {
  const EventClass klass = classify(from.record);
  const std::int64_t time_ms = time_ns(from) / kNanosecondsInMillisecond;
  Json event;
  event["time"] = time_ms;
  event["message"] = clip(from.record.message.empty() ? klass.activity.text : from.record.message);
  add_judgement(event, from.record, clip);
  add_classification(event, klass);
  add_aggregate(event, from.record, time_ms);
  event["actor"] = actor_json(from.record, from.peer, clip);
  add_subject(event, klass, from, clip);
  event["unmapped"]["modgate"] = own_json(from, klass.of.id == kKernelExtensionActivity, clip);
  event["metadata"] = metadata_json(klass, from);
  event["device"] = device_json(from.origin);
  return event;
}

}  // namespace

const RecordedModule* driver_of(const Record& record) {
  const auto found =
      std::find_if(record.modules.rbegin(), record.modules.rend(),
                   [&](const RecordedModule& module) { return module.name == record.driver; });
  return found == record.modules.rend() ? nullptr : &*found;
}

RenderedEvent render_event(const Record& record, const Peer* peer, const Stamp& stamp,
                           const Origin& origin, std::size_t max_bytes) {
  const Sources from{record, peer, stamp, origin};
  RenderedEvent rendered{build(from, Clip(kClips[0])).line(), false};
  const std::size_t whole = rendered.line.size();
  for (std::size_t at = 1; at < kClips.size() && rendered.line.size() > max_bytes; ++at) {
    Json event = build(from, Clip(kClips[at]));
    event["metadata"]["is_truncated"] = true;
    event["metadata"]["untruncated_size"] = whole;
    rendered = {event.line(), true};
  }
  return rendered;
}

}  // namespace modgate
