// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/journal.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "catch.h"
#include "gate/audit/journal_entry.h"
#include "unit/audit/sample.h"

using namespace modgate;

namespace {

using Fields = std::multimap<std::string, std::string>;

/// The native protocol read as journald reads it.
Fields fields_of(const std::string& datagram) {
  Fields fields;
  std::size_t at = 0;
  while (at < datagram.size()) {
    const std::size_t end = datagram.find('\n', at);
    REQUIRE(end != std::string::npos);
    const std::string line = datagram.substr(at, end - at);
    if (const std::size_t equals = line.find('='); equals != std::string::npos) {
      fields.emplace(line.substr(0, equals), line.substr(equals + 1));
      at = end + 1;
      continue;
    }
    REQUIRE(end + 9 <= datagram.size());
    std::uint64_t length = 0;
    for (unsigned byte = 0; byte < 8; ++byte) {
      const auto octet = static_cast<unsigned char>(datagram[end + 1 + byte]);
      length |= std::uint64_t{octet} << (8 * byte);
    }
    REQUIRE(end + 9 + length < datagram.size());
    fields.emplace(line, datagram.substr(end + 9, length));
    REQUIRE(datagram[end + 9 + length] == '\n');
    at = end + 9 + length + 1;
  }
  return fields;
}

std::string only(const Fields& fields, const std::string& name) {
  CAPTURE(name);
  REQUIRE(fields.count(name) == 1);
  return fields.find(name)->second;
}

RecordPlace place() {
  return {7, std::string(64, 'a'), std::string(64, 'b'), sample::kCorrelation};
}

Fields told(const Record& record, const Peer* peer) {
  return fields_of(journal_datagram(journal_entry(record, peer, place())));
}

/// A record of each kind, in each way in which it may end.
std::vector<Record> every_record() {
  std::vector<Record> records;
  for (int kind = 0; kind <= static_cast<int>(RecordKind::sign_off); ++kind) {
    for (int outcome = 0; outcome <= static_cast<int>(Outcome::unavailable); ++outcome) {
      Record record = sample::outcome();
      record.kind = static_cast<RecordKind>(kind);
      record.outcome = static_cast<Outcome>(outcome);
      records.push_back(record);
      record.outcome_unknown = true;
      records.push_back(record);
    }
  }
  return records;
}

}  // namespace

TEST_CASE("the journal is told who, what and why in fields of their own") {
  const Peer alice = sample::alice();
  const Fields fields = told(sample::outcome(), &alice);
  CHECK(only(fields, "MESSAGE") == "loaded udp_tunnel, vxlan");
  CHECK(only(fields, "PRIORITY") == "6");
  CHECK(only(fields, "SYSLOG_IDENTIFIER") == "modgated");
  CHECK(only(fields, "MODGATE_KIND") == "outcome");
  CHECK(only(fields, "MODGATE_RESULT") == "done");
  CHECK(only(fields, "MODGATE_USER") == "alice");
  CHECK(only(fields, "MODGATE_UID") == "1000");
  CHECK(only(fields, "MODGATE_AUID") == "1000");
  CHECK(only(fields, "MODGATE_ROLE") == "netdev");
  CHECK(only(fields, "MODGATE_RULE") == "/etc/modgate/policy.toml:12");
  CHECK(only(fields, "MODGATE_ACTION") == "load");
  CHECK(only(fields, "MODGATE_REASON") == "NET-42");
  CHECK(only(fields, "MODGATE_REQUEST_ID") == sample::kCorrelation);
  CHECK(only(fields, "MODGATE_SEQ") == "7");
  CHECK(only(fields, "MODGATE_PREV") == std::string(64, 'a'));
  CHECK(only(fields, "MODGATE_HASH") == std::string(64, 'b'));
  CHECK(only(fields, "OBJECT_PID") == "4711");
  // Every module of the plan can be searched for.
  CHECK(fields.count("MODGATE_MODULE") == 2);
  CHECK(fields.count("MODGATE_SHA256") == 2);
  CHECK(fields.count("MODGATE_CODE") == 0);
}

TEST_CASE("what nobody asked for names nobody in the journal") {
  Record record;
  record.kind = RecordKind::start;
  record.outcome = Outcome::done;
  const Fields fields = told(record, nullptr);
  CHECK(only(fields, "MODGATE_KIND") == "start");
  for (const char* name : {"MODGATE_USER", "MODGATE_UID", "MODGATE_MODULE", "MODGATE_ACTION"}) {
    CHECK(fields.count(name) == 0);
  }
}

TEST_CASE("the journal keeps size and root of a checkpoint") {
  Checkpoint checkpoint{"host.example.org/modgate/1", 7, {}};
  checkpoint.root.fill(0xab);
  const Fields fields = fields_of(journal_datagram(journal_entry(checkpoint)));
  std::string root;
  for (int byte = 0; byte < 32; ++byte) root += "ab";
  CHECK(only(fields, "MODGATE_LOG") == checkpoint.origin);
  CHECK(only(fields, "MODGATE_SEQ") == "7");
  CHECK(only(fields, "MODGATE_ROOT") == root);
}

TEST_CASE("no value passes for a field of the journal", "[CVE-2023-28486][CVE-2023-28487]") {
  const std::string nasty = "x\nMODGATE_USER=root\nMESSAGE_ID=0\n\x1b[31m\xff";
  Record record = sample::record(RecordKind::refusal);
  record.outcome = Outcome::denied;
  record.reason = nasty;
  record.asked = record.driver = record.user = record.role = nasty;
  record.modules.clear();
  record.message = nasty;
  const Peer alice = sample::alice();
  const Fields fields = told(record, &alice);
  CHECK(only(fields, "MODGATE_USER") == nasty);
  CHECK(only(fields, "MODGATE_REASON") == nasty);
  CHECK(only(fields, "MODGATE_MODULE") == nasty);
  CHECK(only(fields, "MESSAGE_ID") == journal_message_id(record));
  // Syslog daemons get the message as it is: one line without control characters.
  CHECK(only(fields, "MESSAGE") == "x\\x0aMODGATE_USER=root\\x0aMESSAGE_ID=0\\x0a\\x1b[31m\xff");
}

TEST_CASE("long values and many modules leave a datagram that the journal takes") {
  Record record = sample::record(RecordKind::intent);
  record.reason = std::string(1'000'000, 'r');
  record.modules.assign(5000, sample::module("a_module_with_a_name", 1, Why::dependency));
  const Peer alice = sample::alice();
  const std::string datagram = journal_datagram(journal_entry(record, &alice, place()));
  CHECK(datagram.size() <= 65536);
  const Fields fields = fields_of(datagram);
  CHECK(only(fields, "MODGATE_REASON").size() == 4096);
  CHECK(only(fields, "MODGATE_SEQ") == "7");
}

TEST_CASE("every kind of event has a text in the journal's catalogue, and no text is left over") {
  std::ifstream file(MODGATE_SOURCE_DIR "/etc/systemd/modgate.catalog");
  REQUIRE(file);
  std::set<std::string> explained;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("-- ")) CHECK(explained.insert(line.substr(3)).second);
  }
  std::set<std::string> told;
  for (const Record& record : every_record()) told.emplace(journal_message_id(record));
  told.emplace(journal_entry(Checkpoint{}).message_id);
  CHECK(told == explained);
  CHECK(told.size() == 19);
}

TEST_CASE("the journal is never waited for, and what it missed is told when it is back") {
  std::string folder = "/tmp/modgate-journal-XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const std::string path = folder + "/socket";
  Journal journal(path);
  const JournalEntry entry{"0", 6, "a message", {}};
  journal.send(entry);
  CHECK_FALSE(journal.has_backlog());

  const Fd listener(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const auto hear = [&] {
    std::string datagram(65536, '\0');
    const ssize_t got = ::recv(listener.get(), datagram.data(), datagram.size(), MSG_DONTWAIT);
    return got < 0 ? std::string() : datagram.substr(0, static_cast<std::size_t>(got));
  };
  journal.send(entry);
  CHECK(only(fields_of(hear()), "MODGATE_DROPPED") == "1");

  // Nobody reads: what the socket does not hold is kept, up to a bound.
  int sent = 0;
  JournalEntry large = entry;
  large.fields.emplace_back("MODGATE_REASON", std::string(4000, 'x'));
  while (sent < 2000) {
    large.message = std::to_string(sent++);
    journal.send(large);
  }
  CHECK(journal.has_backlog());
  std::vector<std::string> heard;
  for (int tries = 0; tries < 2000; ++tries) {
    const std::string datagram = hear();
    if (datagram.empty()) {
      if (!journal.has_backlog()) break;
      journal.flush();
      continue;
    }
    heard.push_back(only(fields_of(datagram), "MESSAGE"));
  }
  CHECK_FALSE(journal.has_backlog());
  CHECK(heard.size() >= 200);
  CHECK(heard.size() < 2000);
  for (std::size_t at = 0; at < heard.size(); ++at) CHECK(heard[at] == std::to_string(at));
  journal.send(entry);
  CHECK(only(fields_of(hear()), "MODGATE_DROPPED") == std::to_string(2000 - heard.size()));
  CHECK(::unlink(path.c_str()) == 0);
  CHECK(::rmdir(folder.c_str()) == 0);
}
