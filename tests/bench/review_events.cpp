// SPDX-License-Identifier: Apache-2.0
// Writes a log of so many events as the recorder would, for tests/bench/review: one machine over a
// year, a thousand people, two hundred modules; of ten requests nine are allowed. The same numbers
// give the same log. With `--flat FILE` it also writes there what other tools are asked about:
// time, user, uid, module, action, outcome, kind of every event, separated by tabs.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <string>

#include "gate/audit/chain.h"
#include "gate/audit/event.h"
#include "gate/audit/log_directory.h"

using namespace modgate;

namespace {

constexpr std::uint64_t kSegmentBytes = std::uint64_t{64} << 20U;
constexpr int kPeople = 1000;
constexpr int kModules = 200;
constexpr std::int64_t kBegin = 1'760'000'000'000;  // epoch milliseconds
constexpr std::int64_t kYear = std::int64_t{365} * 86'400'000;

Origin origin() {
  Origin origin;
  origin.hostname = "build07.example.org";
  origin.machine_id = "5f0c2b6a6a1d4d2bb1f7c0a4c6f9d211";
  origin.boot_id = "0b3a5a2a-7c0f-4b1e-9a57-3d1c7e1f9a10";
  origin.os_name = "Debian GNU/Linux";
  origin.os_version = "12";
  origin.kernel_release = "6.1.0-56-amd64";
  origin.product_version = "0.1.0";
  return origin;
}

std::string module_called(int number) { return "mod_" + std::to_string(number); }

RecordedModule module_of(int number) {
  RecordedModule module;
  module.name = module_called(number);
  module.file = "/lib/modules/6.1.0-56-amd64/kernel/drivers/net/" + module.name + ".ko.xz";
  Digest digest{};
  digest[0] = static_cast<std::uint8_t>(number);
  module.sha256 = digest;
  module.size = 57344;
  module.signer = "kernel";
  return module;
}

/// Draws the same requests for the same seed.
class Requests {
 public:
  explicit Requests(std::uint64_t seed) : random_(seed) {}

  Record next(std::int64_t time_ms, Peer& peer) {
    const int person = draw(kPeople);
    const int number = draw(kModules);
    peer.uid = static_cast<uid_t>(1000 + person);
    peer.gid = peer.uid;
    peer.login_uid = peer.uid;
    peer.audit_session = static_cast<std::uint32_t>(draw(5000));
    peer.process = {4711 + draw(20000), "modgate", time_ms - 50, "pts/3", 4650, "bash"};
    Record record;
    record.time_ns = time_ms * 1'000'000 + draw(1'000'000);
    record.user = "user" + std::to_string(person);
    record.groups = {{peer.gid, record.user}, {100, "netops"}};
    record.action = draw(4) == 0 ? Action::unload : Action::load;
    record.asked = module_called(number);
    record.driver = record.asked;
    record.modules = {module_of(number)};
    if (draw(3) == 0) {
      RecordedModule needed = module_of((number + 7) % kModules);
      needed.why = Why::dependency;
      record.modules.insert(record.modules.begin(), std::move(needed));
    }
    record.policy_digest = std::string(64, 'a');
    record.role = "role" + std::to_string(person % 20);
    record.rule = "/etc/modgate/policy.toml:" + std::to_string(10 + person % 20);
    record.reason = "NET-" + std::to_string(draw(10000));
    record.authentication = draw(2) == 0 ? "pam:modgate" : "ticket:modgate";
    if (draw(10) == 0) {
      record.kind = RecordKind::refusal;
      record.outcome = draw(4) == 0 ? Outcome::unauthenticated : Outcome::denied;
      record.rule.clear();
      record.message = record.user + " may not " + word(record.action) + ' ' + record.asked;
    } else {
      record.kind = RecordKind::intent;
      record.outcome = Outcome::done;
      record.message = record.user + " is allowed to " + word(record.action) + ' ' + record.asked;
    }
    return record;
  }

  Record outcome(Record record) {
    record.kind = RecordKind::outcome;
    record.time_ns += 3'000'000;
    record.duration_us = 3000;
    record.taint_before = 0;
    record.taint_after = 0;
    const bool fails = draw(50) == 0;
    record.outcome = fails ? Outcome::failed : Outcome::done;
    for (RecordedModule& module : record.modules) {
      module.step = fails ? Step::failed : Step::done;
      module.instance = fails ? 0 : 4026531840U + static_cast<std::uint64_t>(draw(100000));
    }
    record.message =
        std::string(fails ? "could not " : "") + word(record.action) + ' ' + record.asked;
    return record;
  }

  std::string id() {
    std::string text = "01985f2e-6d10-7f02-8a44-000000000000";
    for (std::size_t at = 24; at < text.size(); ++at) text[at] = "0123456789abcdef"[draw(16)];
    return text;
  }

 private:
  int draw(int below) { return static_cast<int>(random_() % static_cast<std::uint64_t>(below)); }

  std::mt19937_64 random_;
};

/// Appends lines as the recorder does, without its fdatasync.
class Writer {
 public:
  Writer(std::filesystem::path folder, std::ofstream* flat)
      : folder_(std::move(folder)), flat_(flat) {
    std::filesystem::create_directories(folder_);
  }

  void write(const Record& record, const Peer& peer, const std::string& correlation) {
    Stamp stamp;
    stamp.sequence = ++sequence_;
    stamp.prev = prev_;
    stamp.uid = correlation;
    stamp.correlation_uid = correlation;
    stamp.logged_ms = record.time_ns / 1'000'000;
    const std::string line = render_event(record, &peer, stamp, origin_).line;
    if (bytes_ == 0 || bytes_ >= kSegmentBytes) {
      segment_ = std::ofstream(folder_ / segment_name(sequence_), std::ios::binary);
      bytes_ = 0;
    }
    segment_ << line << '\n';
    bytes_ += line.size() + 1;
    prev_ = chain_hash(line);
    if (flat_ == nullptr) return;
    *flat_ << stamp.logged_ms << '\t' << record.user << '\t' << peer.uid << '\t' << record.driver
           << '\t' << word(record.action) << '\t'
           << (record.kind == RecordKind::intent ? "-" : word(record.outcome)) << '\t'
           << (record.kind == RecordKind::refusal ? "refusal" : "event") << '\n';
  }

  [[nodiscard]] std::uint64_t written() const { return sequence_; }
  [[nodiscard]] bool good() const { return segment_.good(); }

 private:
  std::filesystem::path folder_;
  std::ofstream* flat_;
  Origin origin_ = origin();
  std::ofstream segment_;
  std::uint64_t bytes_ = 0;
  std::uint64_t sequence_ = 0;
  std::string prev_ = std::string(kChainStart);
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && !(argc == 5 && std::string(argv[3]) == "--flat")) {
    std::cerr << "usage: review_events NUMBER DIRECTORY [--flat FILE]\n";
    return 2;
  }
  const std::uint64_t wanted = std::strtoull(argv[1], nullptr, 10);
  std::ofstream flat;
  if (argc == 5) flat.open(argv[4]);
  Writer writer(argv[2], argc == 5 ? &flat : nullptr);
  Requests requests(42);
  Peer peer;
  while (writer.written() < wanted) {
    const auto passed = static_cast<double>(writer.written()) / static_cast<double>(wanted);
    const auto time = kBegin + static_cast<std::int64_t>(passed * static_cast<double>(kYear));
    const std::string correlation = requests.id();
    const Record record = requests.next(time, peer);
    writer.write(record, peer, correlation);
    if (record.kind == RecordKind::intent)
      writer.write(requests.outcome(record), peer, correlation);
  }
  return writer.good() ? 0 : 1;
}
