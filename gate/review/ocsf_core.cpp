// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/classification.h"
#include "gate/review/exports.h"
#include "gate/review/stored_json.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;
using Element = simdjson::dom::element;

Json metadata_of(Element root) {
  Json metadata;
  metadata["version"] = "1.1.0";
  copy_keys(metadata, root, "/metadata",
            {"uid", "correlation_uid", "sequence", "event_code", "log_name", "log_provider",
             "logged_time", "original_time"});
  copy_keys(metadata["product"], root, "/metadata/product", {"name", "vendor_name", "version"});
  metadata["profiles"] = Json::array({"host"});
  if (number_at(root, "/class_uid") == kKernelExtensionActivity) {
    metadata["profiles"].push_back("security_control");
  }
  return metadata;
}

/// Without the extension for Linux, whose fields came later.
Json actor_of(Element root) {
  Json actor = Json::object();
  Json user = Json::object();
  copy_keys(user, root, "/actor/user", {"name", "uid", "type_id", "type"});
  Json process = Json::object();
  copy_keys(process, root, "/actor/process", {"pid", "name", "created_time"});
  Json session = Json::object();
  copy_keys(session, root, "/actor/session", {"uid", "terminal"});
  if (!user.empty()) actor["user"] = std::move(user);
  if (!process.empty()) actor["process"] = std::move(process);
  if (!session.empty()) actor["session"] = std::move(session);
  // The helper's own records: an actor has to have a process, a user or a name, and the name of a
  // program came with 1.3.
  if (actor.empty()) actor["process"] = Json{{"name", "modgated"}, {"pid", 0}};
  return actor;
}

Json device_of(Element root) {
  Json device;
  copy_keys(device, root, "/device", {"hostname", "uid", "type_id", "type"});
  copy_keys(device["os"], root, "/device/os", {"name", "type_id", "type", "version"});
  return device;
}

Json driver_of(Element root) {
  Json driver;
  Json& file = driver["file"];
  copy_keys(file, root, "/driver/file", {"name", "path", "type_id", "type", "size", "hashes"});
  return driver;
}

/// What is particular to the class.
void add_subject(Json& event, Element root) {
  switch (number_at(root, "/class_uid").value_or(0)) {
    case kKernelExtensionActivity:
      event["driver"] = driver_of(root);
      break;
    case kAuthentication:
      copy_keys(event["user"], root, "/user", {"name", "uid", "type_id", "type"});
      copy_to(event, "service", root, "/service");
      copy_to(event, "auth_protocol_id", root, "/auth_protocol_id");
      copy_to(event, "auth_protocol", root, "/auth_protocol");
      copy_to(event, "logon_type_id", root, "/logon_type_id");
      copy_to(event, "logon_type", root, "/logon_type");
      copy_to(event, "is_remote", root, "/is_remote");
      break;
    case kEntityManagement:
      copy_to(event, "entity", root, "/entity");
      break;
    default:
      copy_keys(event["app"], root, "/app", {"name", "vendor_name", "version"});
  }
}

}  // namespace

std::string ocsf_core(const EventView& view) {
  const Element root = view.root();
  Json event;
  for (const char* key :
       {"time",        "message",     "severity_id",   "severity",      "status_id",
        "status",      "status_code", "status_detail", "action_id",     "disposition_id",
        "disposition", "class_uid",   "class_name",    "activity_id",   "activity_name",
        "type_uid",    "type_name",   "category_uid",  "category_name", "count",
        "start_time",  "end_time",    "duration"}) {
    copy_to(event, key, root, std::string("/") + key);
  }
  event["actor"] = actor_of(root);
  event["device"] = device_of(root);
  add_subject(event, root);
  event["metadata"] = metadata_of(root);
  copy_to(event["unmapped"], "modgate", root, "/unmapped/modgate");
  return one_line(event);
}

}  // namespace modgate
