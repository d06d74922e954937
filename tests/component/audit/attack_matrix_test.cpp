// SPDX-License-Identifier: Apache-2.0
// Whoever has root may do anything to the log of a machine. What verification finds of it, and what
// it cannot find: with what lies beside the log alone, and with checkpoints that were kept
// elsewhere.
#include <regex>

#include "component/audit/kept_log.h"
#include "gate/audit/verify_evidence.h"
#include "gate/evidence/cosignature.h"

using namespace modgate;
using sample::KeptLog;
namespace fs = std::filesystem;

namespace {

using Lines = std::vector<std::string>;
constexpr std::size_t kRecords = 40;

/// The log before the attack, with checkpoints at 10, 20 and 30 in somebody else's hands.
struct AttackedLog : KeptLog {
  std::vector<KeptCheckpoint> kept;

  AttackedLog() {
    for (int tens = 0; tens < 4; ++tens) {
      fill_kept(10);
      if (tens == 3) break;
      const SignedCheckpoint newest = stored();
      kept.push_back({newest, "kept " + std::to_string(newest.checkpoint.size)});
    }
  }

  [[nodiscard]] fs::path path(const std::string& name) const { return directory.path() / name; }
  [[nodiscard]] Lines lines() const { return all_lines(); }
  void write(const Lines& lines) const { sample::write_file(segment(), sample::joined(lines)); }

  [[nodiscard]] VerifiedEvidence verified(bool with_kept,
                                          const VerifierKey& key = sample::log_key(),
                                          const std::vector<VerifierKey>& witnesses = {}) const {
    EvidenceQuery query{key, witnesses, with_kept ? kept : std::vector<KeptCheckpoint>()};
    auto result = verify_evidence(folder().get(), query);
    REQUIRE(result);
    return std::move(*result);
  }
};

/// What a line that was forged begins with.
std::string edited(std::string line) {
  const std::size_t at = line.find("alice is allowed");
  REQUIRE(at != std::string::npos);
  return line.replace(at, 5, "mallo");
}

/// Makes chain and numbers right again, from the first record on.
Lines rechained(Lines lines) {
  const std::regex sequence(R"("sequence":\d+)");
  const std::regex prev(R"("prev":"[0-9a-f]{64}")");
  std::string hash(kChainStart);
  for (std::size_t at = 0; at < lines.size(); ++at) {
    lines[at] = std::regex_replace(lines[at], sequence, "\"sequence\":" + std::to_string(at + 1));
    lines[at] = std::regex_replace(lines[at], prev, "\"prev\":\"" + hash + '"');
    hash = chain_hash(lines[at]);
  }
  return lines;
}

/// Makes the evidence anew with the stolen key.
void resign(const AttackedLog& log) {
  fs::remove(log.path(kCheckpointName));
  fs::remove(log.path(TreeFile::kName));
  const auto keeper = log.keep();
  REQUIRE(keeper);
}

void edit(const AttackedLog& log) {
  Lines lines = log.lines();
  lines[11] = edited(lines[11]);
  log.write(lines);
}
void edit_and_rechain(const AttackedLog& log) {
  edit(log);
  log.write(rechained(log.lines()));
}
void remove_one(const AttackedLog& log) {
  Lines lines = log.lines();
  lines.erase(lines.begin() + 11);
  log.write(lines);
}
void swap_two(const AttackedLog& log) {
  Lines lines = log.lines();
  std::swap(lines[11], lines[12]);
  log.write(lines);
}
void insert_one(const AttackedLog& log) {
  Lines lines = log.lines();
  lines.insert(lines.begin() + 11, edited(lines[3]));
  log.write(rechained(lines));
}
void cut_to(const AttackedLog& log, std::size_t records) {
  Lines lines = log.lines();
  lines.resize(records);
  log.write(lines);
}

struct Row {
  const char* name;
  void (*attack)(const AttackedLog&);
  const char* beside;  ///< what is found with what lies beside the log; "": nothing
  std::uint64_t beside_at;
  const char* kept;  ///< what is found with the kept checkpoints, too
  std::uint64_t kept_at;
};

const std::vector<Row> kMatrix = {
    {"untouched", [](const AttackedLog&) {}, "", 0, "", 0},
    // Without the log's key.
    {"a record edited", edit, "edited", 12, "edited", 12},
    {"a record edited and the chain made anew", edit_and_rechain, "edited", 12, "edited", 12},
    {"the same, and the tree file removed",
     [](const AttackedLog& log) {
       edit_and_rechain(log);
       fs::remove(log.path(TreeFile::kName));
     },
     "forked", 1, "forked", 11},
    {"a record deleted", remove_one, "missing", 12, "missing", 12},
    {"a record deleted and the chain made anew",
     [](const AttackedLog& log) {
       remove_one(log);
       log.write(rechained(log.lines()));
     },
     "shorter than a checkpoint", 40, "edited", 12},
    {"two records swapped", swap_two, "reordered", 12, "reordered", 12},
    {"two records swapped and the chain made anew",
     [](const AttackedLog& log) {
       swap_two(log);
       log.write(rechained(log.lines()));
     },
     "edited", 12, "edited", 12},
    {"a record inserted and the chain made anew", insert_one, "edited", 12, "edited", 12},
    {"half of the last record gone",
     [](const AttackedLog& log) {
       fs::resize_file(log.segment(), fs::file_size(log.segment()) - 100);
     },
     "torn", 40, "torn", 40},
    {"the last record without its end, and the line ended",
     [](const AttackedLog& log) {
       Lines lines = log.lines();
       lines.back().pop_back();
       log.write(lines);
     },
     "torn", 40, "torn", 40},
    {"cut off behind a kept checkpoint", [](const AttackedLog& log) { cut_to(log, 33); },
     "shorter than a checkpoint", 34, "shorter than a checkpoint", 34},
    {"wiped", [](const AttackedLog& log) { log.write({}); }, "shorter than a checkpoint", 1,
     "shorter than a checkpoint", 1},
    // With the log's key, or with an older copy of everything: what lies beside the log agrees.
    {"edited and signed anew",
     [](const AttackedLog& log) {
       edit_and_rechain(log);
       resign(log);
     },
     "", 0, "forked", 11},
    {"deleted and signed anew",
     [](const AttackedLog& log) {
       remove_one(log);
       log.write(rechained(log.lines()));
       resign(log);
     },
     "", 0, "forked", 11},
    {"inserted and signed anew",
     [](const AttackedLog& log) {
       insert_one(log);
       resign(log);
     },
     "", 0, "forked", 11},
    {"rolled back to before a kept checkpoint",
     [](const AttackedLog& log) {
       cut_to(log, 25);
       resign(log);
     },
     "", 0, "rolled back", 26},
    {"wiped, and a new log begun with the same key",
     [](const AttackedLog& log) {
       log.write({});
       resign(log);
       log.fill_kept(5);
     },
     "", 0, "rolled back", 6},
    {"the same, grown beyond the kept checkpoints",
     [](const AttackedLog& log) {
       Lines lines = log.lines();
       lines[0] = edited(lines[0]);
       log.write(rechained(lines));
       resign(log);
     },
     "", 0, "forked", 1},
    // What nothing finds: nobody else has seen what is gone. How soon a checkpoint is elsewhere is
    // how much can be lost.
    {"rolled back to behind the last kept checkpoint",
     [](const AttackedLog& log) {
       cut_to(log, 33);
       resign(log);
     },
     "", 0, "", 0},
    {"the same, and other records forged after it",
     [](const AttackedLog& log) {
       cut_to(log, 33);
       resign(log);
       log.fill_kept(5);
     },
     "", 0, "", 0},
};

std::string found_in(const VerifiedEvidence& verified) {
  return verified.broken ? word(verified.broken->damage) : "";
}

}  // namespace

TEST_CASE("the attack matrix: what is found beside the log, and with kept checkpoints") {
  for (const Row& row : kMatrix) {
    const AttackedLog log;
    row.attack(log);
    CAPTURE(row.name);
    const VerifiedEvidence beside = log.verified(false);
    CAPTURE(beside.broken ? beside.broken->message : "");
    CHECK(found_in(beside) == row.beside);
    CHECK((beside.broken ? beside.broken->sequence : 0) == row.beside_at);
    const VerifiedEvidence kept = log.verified(true);
    CAPTURE(kept.broken ? kept.broken->message : "");
    CHECK(found_in(kept) == row.kept);
    CHECK((kept.broken ? kept.broken->sequence : 0) == row.kept_at);
    for (const VerifiedEvidence* one : {&beside, &kept}) {
      CHECK(one->problems.empty());
      CHECK(one->is_well() == found_in(*one).empty());
      if (one->broken) CHECK_FALSE(one->broken->message.empty());
    }
  }
}

TEST_CASE("what a sound log is proven by") {
  const AttackedLog log;
  const VerifiedEvidence beside = log.verified(false);
  REQUIRE(beside.proven);
  CHECK(beside.proven->size == kRecords);
  CHECK(beside.proven->source == kCheckpointName);
  CHECK_FALSE(beside.anchored);
  const VerifiedEvidence kept = log.verified(true);
  REQUIRE(kept.anchored);
  CHECK(kept.anchored->size == 30);
  CHECK(kept.anchored->source == "kept 30");
  CHECK(kept.proven->size == kRecords);
}

TEST_CASE("a witness's word counts from its own key alone, and beside the log too") {
  const AttackedLog log;
  auto keeper = log.keep();
  REQUIRE(keeper);
  SignedCheckpoint newest = keeper->newest();
  newest.note.signatures.push_back(*cosign(newest.note.text, 1700000000, "w1", notes::key('w')));
  REQUIRE(keeper->keep_cosigned(newest, sample::witness_key()));
  log.fill_kept(2);
  const VerifiedEvidence trusting = log.verified(false, sample::log_key(), {sample::witness_key()});
  REQUIRE(trusting.anchored);
  CHECK(trusting.is_well());
  CHECK(trusting.anchored->size == kRecords);
  CHECK(trusting.proven->size == kRecords + 2);
  REQUIRE(trusting.anchored->witnesses.size() == 1);
  CHECK(trusting.anchored->witnesses[0].name == "w1");
  CHECK(trusting.anchored->witnesses[0].time == 1700000000);

  const VerifierKey stranger{"w1", SignatureType::cosignature, notes::key('x').public_key()};
  const VerifiedEvidence other = log.verified(false, sample::log_key(), {stranger});
  CHECK_FALSE(other.anchored);
  CHECK(other.is_well());

  // A wrong signature under the witness's own key id is a lie, and said to be.
  newest.note.signatures.back().bytes[20] = 'x';
  REQUIRE(keeper->keep_cosigned(newest, sample::witness_key()));
  const VerifiedEvidence lie = log.verified(false, sample::log_key(), {sample::witness_key()});
  CHECK_FALSE(lie.is_well());
}

TEST_CASE("a log without its checkpoint, or under another key, is not called well") {
  const AttackedLog log;
  SECTION("the newest checkpoint removed") {
    fs::remove(log.path(kCheckpointName));
    CHECK_FALSE(log.verified(false).is_well());
  }
  SECTION("the newest checkpoint is none") {
    sample::write_file(log.path(kCheckpointName), "anything");
    CHECK_FALSE(log.verified(false).is_well());
  }
  SECTION("another key") {
    const VerifierKey other{sample::kLogName, SignatureType::ed25519, notes::key('m').public_key()};
    const VerifiedEvidence verified = log.verified(false, other);
    CHECK_FALSE(verified.is_well());
    CHECK_FALSE(verified.proven);
  }
  SECTION("no key") {
    auto result = verify_evidence(log.folder().get(), {});
    REQUIRE(result);
    CHECK_FALSE(result->is_well());
    CHECK_FALSE(result->proven);
  }
  SECTION("no key for a log that was never signed") {
    sample::TestLog plain;
    plain.fill(3);
    const Fd opened(::open(plain.directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    auto result = verify_evidence(opened.get(), {});
    REQUIRE(result);
    CHECK(result->is_well());
    CHECK_FALSE(result->proven);
  }
}
