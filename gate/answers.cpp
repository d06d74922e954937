// SPDX-License-Identifier: Apache-2.0
#include "gate/answers.h"

#include <ctime>

#include <nlohmann/json.hpp>

namespace modgate {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  // Names and reasons may hold any bytes: what is no UTF-8 is replaced, never an exception.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json asks_of(const Asks& asks) {
  Json list = Json::array();
  if (!asks.pam_services.empty()) list.push_back("authenticate");
  if (asks.reason) list.push_back("reason");
  if (asks.anchor) list.push_back("anchor");
  return list;
}

Json planned(const PlannedModule& module, const ModuleDecision* decision) {
  Json json;
  json["name"] = module.name;
  json["file"] = module.path;
  json["sha256"] = module.inspected ? Json(digest_hex(module.facts.sha256)) : Json(nullptr);
  json["signer"] =
      module.facts.signers.empty() ? Json(nullptr) : Json(module.facts.signers.front());
  json["params"] = module.kernel_parameters();
  json["state"] = word(module.state);
  json["why"] = word(module.why);
  if (decision != nullptr) {
    json["decision"] = is_allowed(decision->verdict) ? "allow" : "deny";
    json["rule"] = or_null(decision->rule.text());
    json["explanation"] = decision->explanation;
  }
  return json;
}

}  // namespace

std::string utc_time(std::int64_t epoch_ms) {
  const std::time_t seconds = epoch_ms / 1000;
  std::tm parts = {};
  char text[32] = {};
  if (gmtime_r(&seconds, &parts) == nullptr ||
      std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
    return {};
  }
  return text;
}

std::string done_answer(const Plan& plan, const KernelAnswer& answer, const std::string& record) {
  Json done = Json::array();
  Json skipped = Json::array();
  for (std::size_t at = 0; at < answer.modules.size() && at < plan.modules.size(); ++at) {
    if (answer.modules[at].step == Step::done) done.push_back(plan.modules[at].name);
    if (answer.modules[at].step == Step::failed) skipped.push_back(plan.modules[at].name);
  }
  Json json;
  json["action"] = word(plan.action);
  json["asked"] = plan.asked;
  json["status"] = 0;
  if (done.empty()) json["already"] = true;
  json[plan.action == Action::load ? "loaded" : "unloaded"] = std::move(done);
  json["record"] = record;
  if (!skipped.empty()) json["skipped"] = std::move(skipped);
  if (!plan.warnings.empty()) json["warnings"] = plan.warnings;
  return text_of(json);
}

std::string plan_answer(const Plan& plan, const Decision& decision,
                        const std::vector<KernelCheck>& kernel) {
  Json body;
  body["action"] = word(plan.action);
  body["asked"] = plan.asked;
  body["decision"] = is_allowed(decision.verdict) ? "allow" : "deny";
  body["rule"] = or_null(decision.rule.text());
  body["role"] = or_null(decision.rule.role);
  body["asks"] = asks_of(decision.asks);
  body["explanation"] = decision.explanation;
  body["modules"] = Json::array();
  for (std::size_t at = 0; at < plan.modules.size(); ++at) {
    body["modules"].push_back(
        planned(plan.modules[at], at < decision.modules.size() ? &decision.modules[at] : nullptr));
  }
  body["kernel"] = Json::array();
  for (const KernelCheck& check : kernel) {
    body["kernel"].push_back(
        Json{{"check", check.check}, {"verdict", check.verdict}, {"message", check.message}});
  }
  if (!plan.warnings.empty()) body["warnings"] = plan.warnings;
  return text_of(Json{{"plan", std::move(body)}});
}

std::string list_answer(const Caller& caller, const Listing& listing) {
  Json rules = Json::array();
  for (const ListedRule& rule : listing.rules) {
    Json json;
    json["rule"] = rule.rule.text();
    json["role"] = or_null(rule.rule.role);
    json["effect"] = rule.is_allow ? "allow" : "deny";
    json["actions"] = rule.actions;
    json["modules"] = rule.modules;
    if (!rule.trees.empty()) json["tree"] = rule.trees;
    json["asks"] = rule.asks;
    json["expires"] = or_null(rule.expires);
    if (!rule.hours.empty()) json["hours"] = rule.hours;
    if (!rule.message.empty()) json["message"] = rule.message;
    rules.push_back(std::move(json));
  }
  Json body;
  body["user"] = caller.user;
  body["roles"] = listing.roles;
  body["rules"] = std::move(rules);
  return text_of(Json{{"list", std::move(body)}});
}

std::string status_answer(const LoadedModule& module, const GateLoad* load, bool whole) {
  Json body;
  body["name"] = module.name;
  body["gate"] = load != nullptr;
  if (load != nullptr) {
    body["user"] = load->user;
    body["uid"] = load->uid;
    body["since"] = utc_time(load->since_ms);
    if (whole) {
      body["rule"] = load->rule;
      body["record"] = load->record;
      body["sha256"] = digest_hex(load->sha256);
    }
  }
  body["size"] = module.size;
  body["references"] = module.references;
  body["holders"] = module.holders;
  if (!module.taints.empty()) body["taints"] = module.taints;
  return text_of(Json{{"module", std::move(body)}});
}

std::string sign_off_answer(const Record& signed_off, const std::string& record) {
  Json body;
  body["user"] = signed_off.user;
  body["up_to"] = signed_off.up_to;
  body["record"] = record;
  return text_of(Json{{"sign_off", std::move(body)}});
}

}  // namespace modgate
