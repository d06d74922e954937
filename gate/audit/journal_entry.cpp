// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/journal_entry.h"

#include "gate/audit/chain.h"
#include "gate/audit/classification.h"

namespace modgate {
namespace {

std::string_view id_of_refusal(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::denied:
      return "1dff40a58595479fadb743a0983406d1";
    case Outcome::unauthenticated:
      return "3b6d76c413c4437c87b8a6faee8ff825";
    case Outcome::rejected:
      return "ff6b65ec32ea4175babe90e08b6f4b97";
    case Outcome::done:
    case Outcome::failed:
    case Outcome::usage:
    case Outcome::unavailable:
      break;
  }
  return "45dd9325c5574c8fab8fb830600bbd3c";
}

std::string_view id_of_outcome(const Record& record) noexcept {
  if (record.outcome_unknown) return "e30afbdf8c364b2f8b2c88986be33a69";
  return record.outcome == Outcome::done ? "66e229da69d6410e9bfbdf481666a422"
                                         : "048308418d4247e5a05dd6fca98b7e86";
}

/// Of syslog(3), from OCSF's severity.
int priority_of(const Record& record) noexcept {
  switch (judge(record).severity.id) {
    case 1:
      return 6;
    case 2:
      return 5;
    case 3:
      return 4;
    default:
      return 3;
  }
}

void add_modules(JournalEntry& entry, const Record& record) {
  entry.fields.emplace_back("MODGATE_ACTION", word(record.action));
  entry.fields.emplace_back("MODGATE_ROLE", record.role);
  entry.fields.emplace_back("MODGATE_RULE", record.rule.empty() ? "default" : record.rule);
  entry.fields.emplace_back("MODGATE_REASON", record.reason);
  // One field for each module of the plan: the journal finds an entry by any of them.
  if (record.modules.empty()) {
    entry.fields.emplace_back("MODGATE_MODULE",
                              record.driver.empty() ? record.asked : record.driver);
  }
  for (const RecordedModule& module : record.modules) {
    entry.fields.emplace_back("MODGATE_MODULE", module.name);
    if (module.sha256) entry.fields.emplace_back("MODGATE_SHA256", digest_hex(*module.sha256));
  }
}

void add_peer(JournalEntry& entry, const Record& record, const Peer& peer) {
  entry.fields.emplace_back("MODGATE_USER", record.user);
  entry.fields.emplace_back("MODGATE_UID", std::to_string(peer.uid));
  if (peer.login_uid) entry.fields.emplace_back("MODGATE_AUID", std::to_string(*peer.login_uid));
  if (peer.process.pid > 0) {
    entry.fields.emplace_back("OBJECT_PID", std::to_string(peer.process.pid));
  }
}

}  // namespace

std::string_view journal_message_id(const Record& record) noexcept {
  switch (record.kind) {
    case RecordKind::intent:
      return "8a919a142c074f93bcc6fabcb53b61d1";
    case RecordKind::outcome:
      return id_of_outcome(record);
    case RecordKind::nothing_to_do:
      return "65c0a85b68994b99b28d83e8f2be1c08";
    case RecordKind::authentication:
      return "a9d398ca9c504a49bdf72dbefcc3ff48";
    case RecordKind::start:
      return "6a3933b774d94473b118630388738fc8";
    case RecordKind::stop:
      return "161c7be7275249989aab12d79b1722e4";
    case RecordKind::recovery:
      return "d3f603a54b61419b862b5255ed4afa53";
    case RecordKind::policy:
      return record.outcome == Outcome::done ? "757536c22a8d48a5ac10833f3589f545"
                                             : "4c37cd9408c44b15bd97dccc9e34d7b1";
    case RecordKind::sign_off:
      return record.outcome == Outcome::done ? "52b808aff02447e68af5ed8ac5120672"
                                             : id_of_refusal(record.outcome);
    case RecordKind::clock:
      return "255791aeceb5423faeeab132a653189a";
    case RecordKind::retention:
      return "22adbc24e4b7454ea95c120aa111aefa";
    case RecordKind::refusal:
      break;
  }
  return id_of_refusal(record.outcome);
}

JournalEntry journal_entry(const Record& record, const Peer* peer, const RecordPlace& place) {
  JournalEntry entry;
  entry.message_id = journal_message_id(record);
  entry.priority = priority_of(record);
  entry.message = record.message.empty() ? kind_word(record.kind) : record.message;
  if (peer != nullptr) add_peer(entry, record, *peer);
  entry.fields.emplace_back("MODGATE_KIND", kind_word(record.kind));
  if (record.kind != RecordKind::intent) {
    entry.fields.emplace_back("MODGATE_RESULT", outcome_word(record));
  }
  entry.fields.emplace_back("MODGATE_CODE", record.code);
  entry.fields.emplace_back("MODGATE_REQUEST_ID", place.correlation_uid);
  entry.fields.emplace_back("MODGATE_SEQ", std::to_string(place.sequence));
  entry.fields.emplace_back("MODGATE_PREV", place.prev);
  entry.fields.emplace_back("MODGATE_HASH", place.hash);
  // Last, as there may be many of them: what does not fit is left out.
  if (classify(record).of.id == kKernelExtensionActivity) add_modules(entry, record);
  return entry;
}

JournalEntry journal_entry(const Checkpoint& checkpoint) {
  const std::string size = std::to_string(checkpoint.size);
  const std::string root = digest_hex(checkpoint.root);
  JournalEntry entry;
  entry.message_id = "5dc5dfa2e0a54dd89a2e7d0de1b5bd4e";
  entry.priority = 6;
  entry.message = "checkpoint of the audit log: " + size + " records, root " + root;
  entry.fields.emplace_back("MODGATE_LOG", checkpoint.origin);
  entry.fields.emplace_back("MODGATE_SEQ", size);
  entry.fields.emplace_back("MODGATE_ROOT", root);
  return entry;
}

}  // namespace modgate
