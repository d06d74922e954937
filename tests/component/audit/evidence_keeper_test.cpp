// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/evidence_keeper.h"

#include "component/audit/kept_log.h"
#include "gate/evidence/cosignature.h"

using namespace modgate;
namespace fs = std::filesystem;

namespace {

using sample::KeptLog;
const std::string& kName = sample::kLogName;
const VerifierKey kOwn = sample::log_key();
const VerifierKey kWitness = sample::witness_key();

}  // namespace

TEST_CASE("each group of the ledger has a checkpoint that the log's key signed") {
  const KeptLog log;
  log.fill_kept(5);
  const SignedCheckpoint stored = log.stored();
  CHECK(verify_checkpoint(stored, kOwn));
  CHECK(stored.checkpoint == Checkpoint{kName, 5, log.root(5)});
  CHECK((fs::status(log.directory.path() / kCheckpointName).permissions() &
         fs::perms::others_all) == fs::perms::none);
}

TEST_CASE("the evidence goes on in the same tree over restarts") {
  const KeptLog log;
  log.fill_kept(3);
  const SignedCheckpoint before = log.stored();
  log.fill_kept(4);
  CHECK(log.stored().checkpoint == Checkpoint{kName, 7, log.root(7)});
  const auto keeper = log.keep();
  REQUIRE(keeper);
  CHECK(keeper->mended().empty());
  const auto proof = keeper->consistency(3);
  REQUIRE(proof);
  CHECK(proves_consistency(*proof, 3, before.checkpoint.root, 7, keeper->newest().checkpoint.root));
}

TEST_CASE("records that came after the last checkpoint are taken in") {
  const KeptLog log;
  log.fill_kept(3);
  log.fill(4);
  const auto keeper = log.keep();
  REQUIRE(keeper);
  CHECK(keeper->mended().empty());
  CHECK(log.stored().checkpoint == Checkpoint{kName, 7, log.root(7)});
}

TEST_CASE("a log without evidence begins to have one, and says so") {
  const KeptLog log;
  log.fill(4);
  const auto keeper = log.keep();
  REQUIRE(keeper);
  REQUIRE(keeper->mended().size() == 1);
  CHECK(log.stored().checkpoint == Checkpoint{kName, 4, log.root(4)});
  const KeptLog empty;
  const auto first = empty.keep();
  REQUIRE(first);
  CHECK(first->mended().empty());
  CHECK(first->newest().checkpoint.size == 0);
}

TEST_CASE("a tree file that is lost, cut off or changed is made anew from the log") {
  for (const int how : {0, 1, 2}) {
    CAPTURE(how);
    const KeptLog log;
    log.fill_kept(9);
    const fs::path file = log.directory.path() / TreeFile::kName;
    if (how == 0) fs::remove(file);
    if (how == 1) fs::resize_file(file, 100);
    if (how == 2) {
      std::string bytes = sample::read_file(file);
      for (char& byte : bytes) byte = static_cast<char>(byte ^ 1);
      sample::write_file(file, bytes);
    }
    const auto keeper = log.keep();
    REQUIRE(keeper);
    CHECK(keeper->mended().size() == 1);
    CHECK(keeper->newest().checkpoint == Checkpoint{kName, 9, log.root(9)});
    CHECK(TreeFile::open_for_reading(log.folder().get())->size() == 9);
  }
}

TEST_CASE("a log that is shorter than its checkpoint, or another one, is not gone on with") {
  SECTION("cut off") {
    const KeptLog log;
    log.fill_kept(6);
    const auto lines = sample::lines_of(sample::read_file(log.segment()));
    sample::write_file(log.segment(), sample::joined({lines.begin(), lines.begin() + 4}));
    const auto keeper = log.keep();
    REQUIRE_FALSE(keeper);
    CHECK(keeper.error().outcome == Outcome::unavailable);
    CHECK(keeper.error().message.find("ends with record 4") != std::string::npos);
  }
  SECTION("written anew, with the tree file gone") {
    const KeptLog log;
    log.fill_kept(6);
    fs::remove(log.segment());
    log.fill(8);
    fs::remove(log.directory.path() / TreeFile::kName);
    const auto keeper = log.keep();
    REQUIRE_FALSE(keeper);
    CHECK(keeper.error().message.find("up to 6") != std::string::npos);
  }
}

TEST_CASE("each finished segment leaves its checkpoint, from which the tree can go on") {
  const KeptLog log;
  LedgerSettings small;
  small.segment_bytes = 4000;
  log.fill_kept(12, small);
  auto segments = list_segments(log.folder().get());
  REQUIRE(segments);
  REQUIRE(segments->size() >= 3);
  for (std::size_t at = 0; at + 1 < segments->size(); ++at) {
    const SignedCheckpoint stored = log.stored(segment_checkpoint_name((*segments)[at].first));
    CHECK(stored.checkpoint.size == (*segments)[at + 1].first - 1);
    CHECK(stored.checkpoint.root == log.root(stored.checkpoint.size));
  }
  const std::uint64_t first = segments->front().first;
  CHECK_FALSE(fs::exists(log.directory.path() / segment_checkpoint_name(segments->back().first)));

  const auto put_first_away = [&] {
    const std::uint64_t last = (*segments)[1].first - 1;
    log.record_removal({first, last, chain_hash(log.all_lines().at(last - 1)), 1, 4000, "size"});
    fs::remove(log.segment(first));
  };

  SECTION("with the newest checkpoint and the end of the tree lost in a crash") {
    sample::write_file(log.directory.path() / kCheckpointName, "");
    fs::resize_file(log.directory.path() / TreeFile::kName,
                    fs::file_size(log.directory.path() / TreeFile::kName) - 32);
    // The beginning of the log was put away: only the tree file still has it.
    put_first_away();
    const auto keeper = log.keep();
    REQUIRE(keeper);
    CHECK(keeper->newest().checkpoint.size == 13);
    CHECK(keeper->consistency(5));
  }
  SECTION("but not where the tree file went with the segment") {
    put_first_away();
    fs::remove(log.directory.path() / TreeFile::kName);
    const auto keeper = log.keep();
    REQUIRE_FALSE(keeper);
    CHECK(keeper.error().message.find("no longer there") != std::string::npos);
  }
}

TEST_CASE("a checkpoint of another key is nobody's word on this log") {
  const KeptLog log;
  log.fill_kept(3);
  const auto keeper = log.keep('m');
  REQUIRE(keeper);
  CHECK(keeper->mended().size() == 1);
  const VerifierKey other{kName, SignatureType::ed25519, notes::key('m').public_key()};
  CHECK(verify_checkpoint(log.stored(), other));
}

TEST_CASE("a cosigned checkpoint is kept beside the log, with the newest one if it is that") {
  const KeptLog log;
  log.fill_kept(3);
  auto keeper = log.keep();
  REQUIRE(keeper);
  const auto cosigned_by_witness = [](SignedCheckpoint one) {
    one.note.signatures.push_back(*cosign(one.note.text, 1700000000, "w1", notes::key('w')));
    return one;
  };
  const SignedCheckpoint third = cosigned_by_witness(keeper->newest());
  REQUIRE(keeper->keep_cosigned(third, kWitness));
  CHECK(*find_cosignature(log.stored().note, kWitness) == 1700000000);
  CHECK(*find_cosignature(log.stored(cosigned_name(kWitness.id())).note, kWitness) == 1700000000);
  CHECK(keeper->newest().note.signatures.size() == 2);

  // The newest moves on, the witness's word on the older one stays; also over a restart.
  log.fill_kept(1);
  CHECK_FALSE(find_cosignature(log.stored().note, kWitness));
  CHECK(log.stored(cosigned_name(kWitness.id())).checkpoint.size == 3);

  auto again = log.keep();
  REQUIRE(again);
  REQUIRE(again->keep_cosigned(cosigned_by_witness(again->newest()), kWitness));
  const auto restarted = log.keep();
  REQUIRE(restarted);
  CHECK(find_cosignature(restarted->newest().note, kWitness));
}

TEST_CASE("a proof that the tree file no longer supports is not handed out") {
  const KeptLog log;
  log.fill_kept(8);
  const auto keeper = log.keep();
  REQUIRE(keeper);
  CHECK(keeper->consistency(8)->empty());
  CHECK(keeper->consistency(0)->empty());
  CHECK_FALSE(keeper->consistency(9));
  std::string bytes = sample::read_file(log.directory.path() / TreeFile::kName);
  for (char& byte : bytes) byte = static_cast<char>(byte ^ 1);
  sample::write_file(log.directory.path() / TreeFile::kName, bytes);
  CHECK_FALSE(keeper->consistency(5));
}
