// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gate/audit/evidence_files.h"
#include "gate/audit/recovery.h"
#include "gate/audit/tree_file.h"
#include "gate/evidence/checkpoint.h"
#include "gate/evidence/compact_range.h"
#include "gate/evidence/signing_key.h"
#include "modgate/handle.h"
#include "modgate/result.h"

namespace modgate {

/// The tree over the log's records, and the word that the log gives on it: after each group of the
/// ledger a checkpoint that the log's key signs, in `checkpoint` beside the segments, and one for
/// each finished segment. The tree goes on over restarts; it begins anew with a new key alone.
class EvidenceKeeper {
 public:
  /// Takes up the evidence beside the log in `directory`, whose end is `tail`: finds the newest of
  /// its checkpoints whose root the tree file has, and adds the records that came after it. Where
  /// there is none, the tree is made anew from the whole log.
  ///
  /// Outcome::unavailable, with a word on what to do, where the log is not the one that one of its
  /// checkpoints was signed for: shorter, with another last record, or with another tree; and where
  /// the tree would have to be made anew from segments that were put away.
  static Result<EvidenceKeeper> open(int directory, SigningKey key, const std::string& log_name,
                                     const LogTail& tail);

  /// A sentence for each thing that open() had to mend, to be recorded.
  [[nodiscard]] const std::vector<std::string>& mended() const noexcept { return mended_; }

  /// Takes the leaf hashes of records that are on disk in `segment`, and signs. An error is one of
  /// writing the files: the evidence in memory goes on, and the next call tries again.
  Status grow(const std::vector<Digest>& leaves, const std::string& segment);

  /// The checkpoint over all records so far.
  [[nodiscard]] const SignedCheckpoint& newest() const noexcept { return newest_; }

  /// That the tree of `old_size` records is the beginning of the newest one. Verified before it is
  /// handed out, against the roots: an error where the tree file is not what it was.
  [[nodiscard]] Result<MerkleProof> consistency(std::uint64_t old_size) const;

  /// Keeps a cosigned checkpoint of this log, whose signatures the caller has verified.
  Status keep_cosigned(const SignedCheckpoint& cosigned, const VerifierKey& witness);

  /// Whether this log's key signed it.
  [[nodiscard]] bool is_own(const SignedCheckpoint& checkpoint) const;

  [[nodiscard]] int directory() const noexcept { return directory_.get(); }

 private:
  EvidenceKeeper(Fd directory, SigningKey key, std::string log_name, TreeFile tree)
      : directory_(std::move(directory)),
        key_(std::move(key)),
        log_name_(std::move(log_name)),
        tree_(std::move(tree)) {}

  [[nodiscard]] Result<std::vector<SignedCheckpoint>> own_checkpoints() const;
  Status resume(const std::vector<SignedCheckpoint>& own);
  Status add_records(std::uint64_t upto, const std::vector<SignedCheckpoint>& own);
  Status add_leaf_on_disk(std::string_view line, const std::vector<SignedCheckpoint>& own);
  [[nodiscard]] Status look_at_end(const LogTail& tail) const;
  void add_leaf(const Digest& leaf);
  Status sign();
  Status write(const std::string& name, Durable durable);

  Fd directory_;
  SigningKey key_;
  std::string log_name_;
  TreeFile tree_;
  CompactRange range_;
  SignedCheckpoint newest_;
  std::string segment_;  ///< in which the newest record stands
  std::vector<std::string> mended_;
};

}  // namespace modgate
