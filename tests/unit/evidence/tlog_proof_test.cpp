// SPDX-License-Identifier: Apache-2.0
#include "gate/evidence/tlog_proof.h"

#include "catch.h"
#include "unit/evidence/notes.h"
#include "unit/evidence/trees.h"

using namespace modgate;

namespace {

const VerifierKey kLog{"modgate/host/1", SignatureType::ed25519, notes::key('l').public_key()};

TlogProof proof_of(std::uint64_t index, std::uint64_t size) {
  const trees::Tree tree = trees::of_size(size);
  TlogProof proof;
  proof.index = index;
  proof.line = "record " + std::to_string(index);
  proof.path = *inclusion_proof(index, size, tree.subtree());
  proof.checkpoint = *sign_checkpoint({kLog.name, size, tree.range().root()}, notes::key('l'));
  return proof;
}

}  // namespace

TEST_CASE("a proof is a file of its own that verifies without the log") {
  const std::string file = format_tlog_proof(proof_of(4, 7));
  CHECK(file.starts_with("c2sp.org/tlog-proof@v1\nextra cmVjb3JkIDQ=\nindex 4\n"));
  const auto read = parse_tlog_proof(file);
  REQUIRE(read);
  CHECK(read->line == "record 4");
  CHECK(read->path.size() == 3);
  CHECK(verify_tlog_proof(*read, kLog));
  CHECK(format_tlog_proof(*read) == file);

  VerifierKey other = kLog;
  other.public_key = notes::key('m').public_key();
  CHECK_FALSE(verify_tlog_proof(*read, other));
}

TEST_CASE("a log of one record needs no hashes to prove it") {
  const auto read = parse_tlog_proof(format_tlog_proof(proof_of(0, 1)));
  REQUIRE(read);
  CHECK(read->path.empty());
  CHECK(verify_tlog_proof(*read, kLog));
}

TEST_CASE("no bit of a proof can be changed") {
  const std::string file = format_tlog_proof(proof_of(2, 5));
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string changed = file;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ (1U << bit));
      const auto read = parse_tlog_proof(changed);
      CAPTURE(at, bit);
      CHECK_FALSE((read && verify_tlog_proof(*read, kLog)));
    }
  }
}

TEST_CASE("what is no proof of a record is refused") {
  const std::string file = format_tlog_proof(proof_of(2, 5));
  const auto without = [&](const std::string& begin) {
    std::string text = file;
    const std::size_t at = text.find(begin);
    return text.erase(at, text.find('\n', at) + 1 - at);
  };
  CHECK_FALSE(parse_tlog_proof(""));
  CHECK_FALSE(parse_tlog_proof(without("c2sp.org")));
  CHECK_FALSE(parse_tlog_proof(without("extra")));
  CHECK_FALSE(parse_tlog_proof(without("index")));
  CHECK_FALSE(parse_tlog_proof(file + "more"));
  CHECK_FALSE(parse_tlog_proof(file.substr(0, file.size() / 2)));
  std::string zero = file;
  zero.replace(zero.find("index 2"), 7, "index 02");
  CHECK_FALSE(parse_tlog_proof(zero));
  CHECK_FALSE(parse_tlog_proof(std::string(kTlogProofBytes + 1, 'a')));
  std::string long_path = "c2sp.org/tlog-proof@v1\nextra \nindex 0\n";
  for (std::size_t count = 0; count <= kMostProofHashes; ++count) {
    long_path += "paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=\n";
  }
  CHECK_FALSE(parse_tlog_proof(long_path + file.substr(file.find("\n\n"))));
}
