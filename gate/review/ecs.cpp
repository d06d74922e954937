// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "gate/audit/chain.h"
#include "gate/audit/classification.h"
#include "gate/review/exports.h"
#include "gate/review/stored_json.h"

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;
using Element = simdjson::dom::element;

constexpr std::uint64_t kDenied = 2;  // OCSF action_id

const char* outcome_of(std::uint64_t status) noexcept {
  return status == 1 ? "success" : status == 2 ? "failure" : "unknown";
}

void add_kind(Json& event, Element root) {
  Json category = Json::array();
  Json type = Json::array();
  const bool unloads = text_at(root, "/unmapped/modgate/action") == "unload";
  const bool failed = number_at(root, "/status_id") == 2U;
  switch (number_at(root, "/class_uid").value_or(0)) {
    case kKernelExtensionActivity:
      event["action"] = unloads ? "module-unload" : "module-load";
      category = Json::array({"driver"});
      if (number_at(root, "/action_id") == kDenied) {
        // "denied" is a type of iam, not of driver.
        category = Json::array({"driver", "iam"});
        type = Json::array({"denied"});
      } else if (text_at(root, "/unmapped/modgate/kind") != kind_word(RecordKind::outcome)) {
        type = Json::array({"info"});
      } else {
        type = Json::array({unloads ? "end" : "start"});
      }
      break;
    case kAuthentication:
      event["action"] = "authentication";
      category = Json::array({"authentication"});
      type = Json::array({"start"});
      break;
    case kEntityManagement:
      event["action"] = text_at(root, "/metadata/event_code");
      category = Json::array({"configuration"});
      type = Json::array({"change"});
      break;
    default:
      event["action"] = text_at(root, "/metadata/event_code");
      category = Json::array({"process"});
      type = Json::array({"info"});
  }
  if (failed && category.size() == 1 && category[0] != "authentication") type.push_back("info");
  type.erase(std::unique(type.begin(), type.end()), type.end());
  event["category"] = std::move(category);
  event["type"] = std::move(type);
}

Json event_of(Element root, std::string_view line) {
  Json event;
  event["kind"] = "event";
  add_kind(event, root);
  event["outcome"] = outcome_of(number_at(root, "/status_id").value_or(0));
  copy_to(event, "id", root, "/metadata/uid");
  copy_to(event, "sequence", root, "/metadata/sequence");
  copy_to(event, "code", root, "/metadata/event_code");
  copy_to(event, "severity", root, "/severity_id");
  copy_to(event, "reason", root, "/unmapped/modgate/reason");
  if (const auto took = number_at(root, "/unmapped/modgate/duration_us")) {
    event["duration"] = *took * 1000;  // nanoseconds
  }
  event["provider"] = "modgated";
  event["dataset"] = "modgate.audit";
  event["module"] = "modgate";
  event["hash"] = chain_hash(line);
  return event;
}

Json user_of(Element root) {
  Json user = Json::object();
  copy_to(user, "id", root, "/actor/user/uid");
  copy_to(user, "name", root, "/actor/user/name");
  if (const auto role = text_at(root, "/unmapped/modgate/role"); !role.empty()) {
    user["roles"] = Json::array({role});
  }
  return user;
}

Json process_of(Element root) {
  Json process = Json::object();
  copy_to(process, "pid", root, "/actor/process/pid");
  copy_to(process, "name", root, "/actor/process/name");
  copy_to(process["parent"], "pid", root, "/actor/process/parent_process/pid");
  copy_to(process["parent"], "name", root, "/actor/process/parent_process/name");
  if (process["parent"].is_null()) process.erase("parent");
  if (const auto login = number_at(root, "/actor/process/auid")) {
    process["entry_leader"]["user"]["id"] = std::to_string(*login);
  }
  return process;
}

Json host_of(Element root) {
  Json host;
  copy_to(host, "name", root, "/device/hostname");
  copy_to(host, "hostname", root, "/device/hostname");
  copy_to(host, "id", root, "/device/uid");
  copy_to(host["boot"], "id", root, "/device/boot_uid");
  copy_to(host["os"], "name", root, "/device/os/name");
  copy_to(host["os"], "version", root, "/device/os/version");
  copy_to(host["os"], "kernel", root, "/device/os/kernel_release");
  host["os"]["type"] = "linux";
  if (host["boot"].is_null()) host.erase("boot");
  return host;
}

Json file_of(Element root) {
  Json file;
  copy_to(file, "name", root, "/driver/file/name");
  copy_to(file, "path", root, "/driver/file/path");
  copy_to(file, "size", root, "/driver/file/size");
  const auto digest = text_at(root, "/driver/file/hashes/0/value");
  if (!digest.empty()) file["hash"]["sha256"] = digest;
  const auto signer = text_at(root, "/driver/file/signatures/0/developer_uid");
  if (!signer.empty()) {
    file["code_signature"] = {{"exists", true}, {"valid", true}, {"subject_name", signer}};
  }
  return file;
}

Json related_of(const Json& user, const Json& file, const Json& host) {
  Json related = Json::object();
  if (user.contains("name")) related["user"] = Json::array({user["name"]});
  if (file.contains("hash")) related["hash"] = Json::array({file["hash"]["sha256"]});
  if (host.contains("name")) related["hosts"] = Json::array({host["name"]});
  return related;
}

}  // namespace

std::string ecs(const EventView& view, std::string_view line) {
  const Element root = view.root();
  Json json;
  copy_to(json, "@timestamp", root, "/metadata/original_time");
  json["ecs"]["version"] = "8.11.0";
  copy_to(json, "message", root, "/message");
  json["event"] = event_of(root, line);
  Json user = user_of(root);
  Json host = host_of(root);
  Json file = Json::object();
  if (number_at(root, "/class_uid") == kKernelExtensionActivity) file = file_of(root);
  json["related"] = related_of(user, file, host);
  if (!user.empty()) json["user"] = std::move(user);
  if (Json process = process_of(root); !process.empty()) json["process"] = std::move(process);
  json["host"] = std::move(host);
  if (!file.empty()) json["file"] = std::move(file);
  if (const auto rule = text_at(root, "/unmapped/modgate/rule"); !rule.empty()) {
    json["rule"]["name"] = rule;
    json["rule"]["ruleset"] = "modgate.policy";
    copy_to(json["rule"], "version", root, "/unmapped/modgate/policy");
  }
  if (const auto code = text_at(root, "/status_code"); !code.empty() && code != "0") {
    json["error"]["code"] = code;
  }
  json["observer"] = {{"vendor", "modgate project"}, {"product", "modgate"}};
  copy_to(json["observer"], "version", root, "/metadata/product/version");
  copy_to(json, "modgate", root, "/unmapped/modgate");
  return one_line(json);
}

}  // namespace modgate
