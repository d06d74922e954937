// SPDX-License-Identifier: Apache-2.0
// How long the evidence of a large log takes, beside what cannot be avoided: reading the log once,
// and hashing it once. Prints a table for people; tests/bench/evidence runs it.
#include <fcntl.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "gate/audit/event.h"
#include "gate/audit/evidence_keeper.h"
#include "gate/audit/line_reader.h"
#include "gate/audit/log_directory.h"
#include "gate/audit/verify_evidence.h"

namespace {

using namespace modgate;
namespace fs = std::filesystem;

constexpr const char* kName = "bench/modgate/00000000";

Record sample(std::uint64_t number) {
  Record record;
  record.kind = number % 2 == 0 ? RecordKind::intent : RecordKind::outcome;
  record.time_ns = 1785492000123456789 + static_cast<std::int64_t>(number) * 1'000'000;
  record.outcome = Outcome::done;
  record.asked = "vxlan";
  record.driver = "vxlan";
  RecordedModule module;
  module.name = "vxlan";
  module.file = "/lib/modules/6.1.0-56-amd64/kernel/net/vxlan.ko";
  module.sha256 = Digest{};
  module.size = 57344;
  module.signer = "kernel";
  record.modules = {module};
  record.role = "netdev";
  record.rule = "/etc/modgate/policy.toml:12";
  record.policy_digest = std::string(64, 'a');
  record.reason = "NET-42";
  record.authentication = "pam:modgate";
  record.message = "alice is allowed to load vxlan";
  record.user = "alice";
  record.groups = {{1000, "alice"}};
  return record;
}

double seconds(const std::function<void()>& what) {
  const auto begin = std::chrono::steady_clock::now();
  what();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

[[noreturn]] void fail(const std::string& why) {
  std::cerr << "evidence_verify: " << why << '\n';
  std::exit(1);
}

template <class T>
T must(Result<T> result) {
  if (!result) fail(result.error().message);
  return std::move(*result);
}

/// A sound log of so many records, in segments of 64 MiB as the recorder makes them.
LogTail write_log(const fs::path& folder, std::uint64_t records) {
  Origin origin;
  origin.hostname = "bench.example.org";
  origin.machine_id = "5f0c2b6a6a1d4d2bb1f7c0a4c6f9d211";
  origin.boot_id = "0b3a5a2a-7c0f-4b1e-9a57-3d1c7e1f9a10";
  origin.kernel_release = "6.1.0-56-amd64";
  Peer peer;
  peer.uid = 1000;
  LogTail tail;
  std::ofstream segment;
  for (std::uint64_t at = 1; at <= records; ++at) {
    if (!segment.is_open() || tail.segment_bytes >= (64ULL << 20U)) {
      tail.segment = segment_name(at);
      tail.segment_bytes = 0;
      segment.close();
      segment.open(folder / tail.segment, std::ios::binary);
    }
    Stamp stamp;
    stamp.sequence = at;
    stamp.prev = tail.hash;
    stamp.uid = "01985f2e-6d10-7f02-8a44-9b8c7d6e5f40";
    stamp.correlation_uid = stamp.uid;
    stamp.logged_ms = 1785492000125;
    const std::string line = render_event(sample(at), &peer, stamp, origin).line;
    segment << line << '\n';
    tail.segment_bytes += line.size() + 1;
    tail.hash = chain_hash(line);
    tail.sequence = at;
  }
  return tail;
}

/// Every line once, with what is to be done with it.
std::uint64_t read_lines(int directory, const std::function<void(std::string_view)>& each) {
  std::uint64_t bytes = 0;
  for (const Segment& segment : must(list_segments(directory))) {
    LineReader reader(must(open_segment(directory, segment.name, O_RDONLY)));
    std::string_view line;
    while (reader.next(line) == LineReader::Found::line) {
      bytes += line.size() + 1;
      each(line);
    }
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) fail("usage: evidence_verify FOLDER RECORDS");
  const fs::path folder = argv[1];
  const std::uint64_t records = std::stoull(argv[2]);
  fs::create_directories(folder);
  const LogTail tail = write_log(folder, records);
  const Fd directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::string pem = [] {
    std::string text;
    const SigningKey key = must(SigningKey::generate());
    const auto kept = key.to_pem([&](std::string_view made) -> Status {
      text = made;
      return Done{};
    });
    if (!kept) fail(kept.error().message);
    return text;
  }();
  const auto key = [&] { return must(SigningKey::from_pem(pem)); };
  EvidenceQuery query;
  query.key = VerifierKey{kName, SignatureType::ed25519, key().public_key()};

  const double anew = seconds(
      [&] { static_cast<void>(must(EvidenceKeeper::open(directory.get(), key(), kName, tail))); });
  const double resumed = seconds(
      [&] { static_cast<void>(must(EvidenceKeeper::open(directory.get(), key(), kName, tail))); });
  std::uint64_t bytes = 0;
  const double read =
      seconds([&] { bytes = read_lines(directory.get(), [](std::string_view) {}); });
  const double hashed = seconds([&] {
    read_lines(directory.get(), [](std::string_view line) {
      Digest digest{};
      SHA256(reinterpret_cast<const unsigned char*>(line.data()), line.size(), digest.data());
    });
  });
  bool well = false;
  const double verified =
      seconds([&] { well = must(verify_evidence(directory.get(), query)).is_well(); });
  if (!well) fail("the log is not well");
  const EvidenceKeeper keeper = must(EvidenceKeeper::open(directory.get(), key(), kName, tail));
  constexpr int kProofs = 1000;
  const double proofs = seconds([&] {
    for (int at = 0; at < kProofs; ++at) {
      static_cast<void>(must(keeper.consistency(records - 1 - static_cast<std::uint64_t>(at))));
    }
  });

  std::printf("%llu records, %.0f MB\n", static_cast<unsigned long long>(records),
              static_cast<double>(bytes) / 1e6);
  std::printf("  read once                        %8.3f s\n", read);
  std::printf("  read and hashed once             %8.3f s\n", hashed);
  std::printf("  log verify                       %8.3f s   %.1f times reading and hashing once\n",
              verified, verified / hashed);
  std::printf("  the tree made anew from the log  %8.3f s\n", anew);
  std::printf("  the tree taken up at a start     %8.3f s\n", resumed);
  std::printf("  a consistency proof              %8.3f ms\n", proofs / kProofs * 1000);
  return 0;
}
