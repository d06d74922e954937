// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/event_context.h"

#include <algorithm>

#include "gate/audit/chain.h"

namespace modgate {
namespace {

using Json = EventJson;

std::string base_name(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

Json process_json(const Peer& peer, const Clip& clip) {
  Json process;
  process["pid"] = peer.process.pid;
  if (!peer.process.name.empty()) process["name"] = clip(peer.process.name);
  if (peer.process.started_ms > 0) process["created_time"] = peer.process.started_ms;
  if (peer.login_uid) process["auid"] = *peer.login_uid;
  process["euid"] = peer.uid;
  if (peer.process.parent_pid > 0) {
    Json parent;
    parent["pid"] = peer.process.parent_pid;
    if (!peer.process.parent_name.empty()) parent["name"] = clip(peer.process.parent_name);
    process["parent_process"] = std::move(parent);
  }
  return process;
}

Json signature_json(const std::string& signer) {
  Json signature;
  signature["algorithm_id"] = 0;
  signature["algorithm"] = "Unknown";
  signature["state_id"] = 1;
  signature["state"] = "Valid";
  signature["developer_uid"] = signer;
  return signature;
}

}  // namespace

Json user_json(const Record& record, const Peer* peer, const Clip& clip) {
  Json user;
  if (!record.user.empty()) user["name"] = clip(record.user);
  if (peer != nullptr) {
    user["uid"] = std::to_string(peer->uid);
    user["type_id"] = peer->uid == 0 ? 2 : 1;
    user["type"] = peer->uid == 0 ? "Admin" : "User";
  }
  if (user.empty()) user["name"] = "unknown";
  return user;
}

Json actor_json(const Record& record, const Peer* peer, const Clip& clip) {
  Json actor;
  if (peer != nullptr) {
    Json user = user_json(record, peer, clip);
    Json groups = Json::array();
    for (const Group& group : record.groups) {
      Json one;
      one["name"] = clip(group.name);
      one["uid"] = std::to_string(group.gid);
      groups.push_back(std::move(one));
    }
    if (!groups.empty()) user["groups"] = std::move(groups);
    actor["user"] = std::move(user);
    actor["process"] = process_json(*peer, clip);
    Json session = Json::object();
    if (peer->audit_session) session["uid"] = std::to_string(*peer->audit_session);
    if (!peer->process.terminal.empty()) session["terminal"] = clip(peer->process.terminal);
    if (!session.empty()) actor["session"] = std::move(session);
  }
  actor["app_name"] = "modgated";
  return actor;
}

Json driver_json(const Record& record, const Clip& clip) {
  const RecordedModule* module = driver_of(record);
  const bool has_file = module != nullptr && (!module->file.empty() || module->sha256);
  std::string name = module == nullptr ? std::string() : base_name(module->file);
  if (name.empty()) name = base_name(record.asked);
  if (name.empty()) name = record.driver.empty() ? "unknown" : record.driver;
  Json file;
  file["name"] = clip(name);
  file["type_id"] = has_file ? 1 : 0;
  file["type"] = has_file ? "Regular File" : "Unknown";
  if (!record.driver.empty()) file["internal_name"] = clip(record.driver);
  if (module != nullptr) {
    if (!module->file.empty()) file["path"] = clip(module->file);
    if (module->size > 0) file["size"] = module->size;
    if (module->sha256) {
      Json hash;
      hash["algorithm_id"] = 3;
      hash["algorithm"] = "SHA-256";
      hash["value"] = digest_hex(*module->sha256);
      file["hashes"].push_back(std::move(hash));
    }
    if (!module->signer.empty()) {
      file["signatures"].push_back(signature_json(clip(module->signer)));
    }
  }
  Json driver;
  driver["file"] = std::move(file);
  return driver;
}

Json device_json(const Origin& origin) {
  Json device;
  device["hostname"] = origin.hostname.empty() ? "localhost" : origin.hostname;
  if (!origin.machine_id.empty()) device["uid"] = origin.machine_id;
  device["type_id"] = 0;
  device["type"] = "Unknown";
  if (!origin.boot_id.empty()) device["boot_uid"] = origin.boot_id;
  Json os;
  os["name"] = origin.os_name.empty() ? "Linux" : origin.os_name;
  os["type_id"] = 200;
  os["type"] = "Linux";
  if (!origin.os_version.empty()) os["version"] = origin.os_version;
  if (!origin.kernel_release.empty()) os["kernel_release"] = origin.kernel_release;
  device["os"] = std::move(os);
  return device;
}

Json product_json(const Origin& origin) {
  Json product;
  product["name"] = "modgate";
  product["vendor_name"] = "modgate project";
  if (!origin.product_version.empty()) product["version"] = origin.product_version;
  product["feature"]["name"] = "modgated";
  return product;
}

}  // namespace modgate
