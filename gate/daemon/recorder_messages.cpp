// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/recorder_messages.h"

#include <algorithm>

#include "gate/audit/chain.h"
#include "gate/audit/kernel_audit.h"
#include "gate/audit/uuid.h"
#include "gate/daemon/record_codec.h"
#include "gate/wire/message_fields.h"

namespace modgate {
namespace {

constexpr std::size_t kLoadsInOneMessage = 16;
constexpr std::size_t kLoadItems = 8;

std::string pack_load(const GateLoad& load) {
  return pack({load.name, load.user, std::to_string(load.uid),
               std::to_string(std::max<std::int64_t>(0, load.since_ms)), load.rule, load.record,
               digest_hex(load.sha256), std::to_string(load.instance)});
}

GateLoad unpack_load(FieldReader& reader, const std::string& packed) {
  GateLoad load;
  auto items = unpack(packed, kLoadItems);
  if (!items || items->size() != kLoadItems) {
    reader.spoil("loads");
    return load;
  }
  load.name = (*items)[0];
  load.user = (*items)[1];
  load.uid = static_cast<uid_t>(number_in(reader, (*items)[2], UINT32_MAX, "loads"));
  load.since_ms = static_cast<std::int64_t>(number_in(reader, (*items)[3], kLongestTime, "loads"));
  load.rule = (*items)[4];
  load.record = (*items)[5];
  const auto digest = parse_digest((*items)[6]);
  if (!digest) reader.spoil("loads");
  load.sha256 = digest.value_or(Digest{});
  load.instance = number_in(reader, (*items)[7], UINT64_MAX, "loads");
  return load;
}

Error refusal_from(std::string_view message) {
  auto reader = FieldReader::open(message, "refused", kReceiptBytes);
  if (!reader) return reader.error();
  Error error;
  error.outcome = reader->choice("outcome", Outcome::unavailable);
  error.message = reader->text("message");
  error.code = static_cast<int>(reader->number("code", 4095));
  if (auto sound = reader->finish(); !sound) return sound.error();
  if (error.outcome == Outcome::done) return malformed("a refusal that is none");
  return error;
}

/// The reader of an answer, or the refusal that came in its place.
Result<FieldReader> open_answer(std::string_view message, std::string_view what) {
  auto fields = Fields::decode(message, kReceiptBytes, kRecorderFields);
  if (!fields) return fields.error();
  const std::string* const found = fields->find("what");
  if (found != nullptr && *found == "refused") return refusal_from(message);
  return FieldReader::open(message, what, kReceiptBytes);
}

}  // namespace

Result<RecorderMessage> message_kind(std::string_view message) {
  // FieldWriter puts it first. Whatever takes the message apart then is strict.
  constexpr std::string_view kWhat = "what=";
  if (!message.starts_with(kWhat)) return malformed("it does not say what it is");
  message.remove_prefix(kWhat.size());
  const std::string_view what = message.substr(0, message.find('\0'));
  if (what == "record") return RecorderMessage::record;
  if (what == "gate_loads") return RecorderMessage::gate_loads;
  if (what == "open") return RecorderMessage::open;
  if (what == "settings") return RecorderMessage::settings;
  if (what == "witnesses") return RecorderMessage::witnesses;
  if (what == "courier") return RecorderMessage::courier;
  return malformed("unknown");
}

Result<std::string> encode_open(const Peer& peer, const std::string& correlation_uid) {
  const PeerProcess& process = peer.process;
  FieldWriter writer("open");
  writer.text("correlation_uid", correlation_uid)
      .number("uid", peer.uid)
      .number("gid", peer.gid)
      .optional("login_uid", peer.login_uid)
      .optional("audit_session", peer.audit_session)
      .choice("session_kind", peer.session.kind)
      .number("session_id", peer.session.id)
      .number("leader_start", peer.session.leader_start)
      .number("pid", static_cast<std::uint64_t>(std::max(0, process.pid)))
      .text("name", process.name)
      .time("started_ms", process.started_ms)
      .text("terminal", process.terminal)
      .number("parent_pid", static_cast<std::uint64_t>(std::max(0, process.parent_pid)))
      .text("parent_name", process.parent_name);
  return writer.bounded(kRecordBytes);
}

Result<OpenedConnection> decode_open(std::string_view message) {
  auto reader = FieldReader::open(message, "open", kRecordBytes);
  if (!reader) return reader.error();
  OpenedConnection opened;
  Peer& peer = opened.peer;
  opened.correlation_uid = reader->text("correlation_uid");
  if (!is_uuid(opened.correlation_uid)) reader->spoil("correlation_uid");
  peer.uid = static_cast<uid_t>(reader->number("uid", UINT32_MAX));
  peer.gid = static_cast<gid_t>(reader->number("gid", UINT32_MAX));
  peer.login_uid = reader->optional<uid_t>("login_uid");
  peer.audit_session = reader->optional<std::uint32_t>("audit_session");
  peer.session.kind = reader->choice("session_kind", LoginSession::Kind::terminal);
  peer.session.id = reader->number("session_id", UINT64_MAX);
  peer.session.leader_start = reader->number("leader_start", UINT64_MAX);
  peer.process.pid = static_cast<pid_t>(reader->number("pid", INT32_MAX));
  peer.process.name = reader->text("name");
  peer.process.started_ms = reader->time("started_ms");
  peer.process.terminal = reader->text("terminal");
  peer.process.parent_pid = static_cast<pid_t>(reader->number("parent_pid", INT32_MAX));
  peer.process.parent_name = reader->text("parent_name");
  if (auto sound = reader->finish(); !sound) return sound.error();
  return opened;
}

std::string encode_settings(const std::string& kernel_audit) {
  return FieldWriter("settings").text("linux_audit", kernel_audit).message();
}

Result<std::string> decode_settings(std::string_view message) {
  auto reader = FieldReader::open(message, "settings", kRecordBytes);
  if (!reader) return reader.error();
  std::string mode = reader->text("linux_audit");
  if (auto sound = reader->finish(); !sound) return sound.error();
  if (!parse_kernel_audit_mode(mode)) return malformed("linux_audit");
  return mode;
}

std::string encode_courier_connection() { return FieldWriter("courier").message(); }

std::string encode_gate_loads_request() { return FieldWriter("gate_loads").message(); }

std::string encode_receipt(const Receipt& receipt) {
  std::vector<std::string> digests;
  for (const Digest& digest : receipt.digests) digests.push_back(digest_hex(digest));
  return FieldWriter("receipt")
      .number("sequence", receipt.sequence)
      .text("record", receipt.record)
      .text("digests", pack(digests))
      .message();
}

Result<Receipt> decode_receipt(std::string_view message) {
  auto reader = open_answer(message, "receipt");
  if (!reader) return reader.error();
  Receipt receipt;
  receipt.sequence = reader->number("sequence", UINT64_MAX);
  receipt.record = reader->text("record");
  for (const std::string& text : reader->list("digests", Limits::plan_modules)) {
    const auto digest = parse_digest(text);
    if (!digest) reader->spoil("digests");
    receipt.digests.push_back(digest.value_or(Digest{}));
  }
  if (auto sound = reader->finish(); !sound) return sound.error();
  return receipt;
}

std::string encode_refusal(const Error& error) {
  const std::size_t length = std::min(error.message.find('\0'), kReceiptBytes / 2);
  return FieldWriter("refused")
      .choice("outcome", error.outcome)
      .text("message", error.message.substr(0, length))
      .number("code", static_cast<std::uint64_t>(std::clamp(error.code, 0, 4095)))
      .message();
}

std::vector<std::string> encode_gate_loads(const std::vector<GateLoad>& loads) {
  std::vector<std::string> messages;
  std::size_t at = 0;
  do {
    std::vector<std::string> packed;
    // A load is at most some hundred bytes; a policy file with an endless path is cut out, not
    // sent.
    while (at < loads.size() && packed.size() < kLoadsInOneMessage) {
      std::string one = pack_load(loads[at++]);
      if (one.size() <= kReceiptBytes / (2 * kLoadsInOneMessage)) packed.push_back(std::move(one));
    }
    messages.push_back(FieldWriter("loads")
                           .text("loads", pack(packed))
                           .number("more", at < loads.size() ? 1 : 0)
                           .message());
  } while (at < loads.size());
  return messages;
}

Result<GateLoadsPart> decode_gate_loads(std::string_view message) {
  auto reader = open_answer(message, "loads");
  if (!reader) return reader.error();
  GateLoadsPart part;
  for (const std::string& packed : reader->list("loads", kLoadsInOneMessage)) {
    part.loads.push_back(unpack_load(*reader, packed));
  }
  part.more = reader->flag("more");
  if (auto sound = reader->finish(); !sound) return sound.error();
  return part;
}

std::string encode_ready() { return FieldWriter("ready").message(); }

Status decode_ready(std::string_view message) {
  auto reader = open_answer(message, "ready");
  if (!reader) return reader.error();
  return reader->finish();
}

}  // namespace modgate
