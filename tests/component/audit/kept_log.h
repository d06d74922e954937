// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "component/audit/log_fixture.h"
#include "gate/audit/evidence_keeper.h"
#include "unit/evidence/notes.h"

namespace modgate::sample {

inline const std::string kLogName = "host/modgate/1";

inline VerifierKey log_key() {
  return {kLogName, SignatureType::ed25519, notes::key('l').public_key()};
}
inline VerifierKey witness_key() {
  return {"w1", SignatureType::cosignature, notes::key('w').public_key()};
}

/// A log with its evidence, as the recorder keeps them.
struct KeptLog : TestLog {
  [[nodiscard]] Fd folder() const {
    return Fd(::open(directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }

  [[nodiscard]] Result<EvidenceKeeper> keep(unsigned char key = 'l') const {
    auto found = recover();
    if (!found) return found.error();
    return EvidenceKeeper::open(folder().get(), notes::key(key), kLogName, found->tail);
  }

  /// `count` refusals, each a group with its checkpoint.
  void fill_kept(std::uint64_t count, const LedgerSettings& settings = {}) const {
    auto ledger = open(settings);
    REQUIRE(ledger);
    auto keeper = EvidenceKeeper::open(folder().get(), notes::key('l'), kLogName, ledger->tail());
    REQUIRE(keeper);
    const Peer peer = alice();
    for (std::uint64_t at = 0; at < count; ++at) {
      // With an id of its own: no two of them are the same but for their places.
      REQUIRE(ledger->append(record(RecordKind::refusal), &peer, kCorrelation, false));
      REQUIRE(ledger->commit());
      REQUIRE(keeper->grow(ledger->take_leaves(), ledger->tail().segment));
    }
  }

  /// The root over the first `size` lines of the log.
  [[nodiscard]] Digest root(std::uint64_t size) const {
    CompactRange range;
    const std::vector<std::string> lines = all_lines();
    for (std::uint64_t at = 0; at < size; ++at) range.append(leaf_hash(lines.at(at)));
    return range.root();
  }

  [[nodiscard]] SignedCheckpoint stored(const std::string& name = kCheckpointName) const {
    auto read = read_checkpoint(folder().get(), name);
    REQUIRE(read);
    REQUIRE(*read);
    return **read;
  }
};

}  // namespace modgate::sample
