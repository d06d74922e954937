// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/evidence_keeper.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "gate/audit/line_reader.h"
#include "gate/audit/log_directory.h"

namespace modgate {
namespace {

Error not_this_log(const std::string& why) {
  return {Outcome::unavailable,
          "the audit log is not the one that its checkpoint was signed for: " + why +
              "; nothing is granted until an administrator has moved the log and its key away; "
              "see: modgate log verify"};
}

constexpr std::uint64_t kRecordsBetweenFlushes = 4096;

}  // namespace

Result<EvidenceKeeper> EvidenceKeeper::open(int directory, SigningKey key,
                                            const std::string& log_name, const LogTail& tail) {
  Fd own(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own) return log_error("its directory", errno);
  auto tree = TreeFile::open_for_writing(own.get());
  if (!tree) return tree.error();
  EvidenceKeeper keeper(std::move(own), std::move(key), log_name, std::move(*tree));
  auto checkpoints = keeper.own_checkpoints();
  if (!checkpoints) return checkpoints.error();
  if (!checkpoints->empty() && checkpoints->front().checkpoint.size > tail.sequence) {
    return not_this_log("it ends with record " + std::to_string(tail.sequence) +
                        ", its checkpoint is of record " +
                        std::to_string(checkpoints->front().checkpoint.size));
  }
  if (auto resumed = keeper.resume(*checkpoints); !resumed) return resumed.error();
  if (auto sound = keeper.look_at_end(tail); !sound) return sound.error();
  if (keeper.range_.size() == 0 && tail.sequence > 0 && keeper.mended_.empty()) {
    keeper.mended_.emplace_back(
        "the log had no checkpoint of its key: its evidence begins with the "
        "records that are there");
  }
  if (auto added = keeper.add_records(tail.sequence, *checkpoints); !added) return added.error();
  keeper.segment_ = tail.segment;
  if (auto signed_it = keeper.sign(); !signed_it) return signed_it.error();
  if (auto flushed = keeper.tree_.flush(); !flushed) return flushed.error();
  if (auto written = keeper.write(kCheckpointName, Durable::no); !written) return written.error();
  return keeper;
}

/// The checkpoints beside the log that its key signed, the largest and among equals the one with
/// the most signatures first. Others are what an older log left, or worth nothing.
Result<std::vector<SignedCheckpoint>> EvidenceKeeper::own_checkpoints() const {
  auto names = list_checkpoints(directory_.get());
  if (!names) return names.error();
  std::vector<SignedCheckpoint> found;
  for (const std::string& name : *names) {
    auto checkpoint = read_checkpoint(directory_.get(), name);
    if (!checkpoint || !*checkpoint || !is_own(**checkpoint)) continue;
    found.push_back(std::move(**checkpoint));
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const SignedCheckpoint& a, const SignedCheckpoint& b) {
                     return std::pair(a.checkpoint.size, a.note.signatures.size()) >
                            std::pair(b.checkpoint.size, b.note.signatures.size());
                   });
  return found;
}

/// Goes on from the newest checkpoint whose root the tree file has: after a crash of the machine
/// its end may be missing.
Status EvidenceKeeper::resume(const std::vector<SignedCheckpoint>& own) {
  for (const SignedCheckpoint& one : own) {
    auto range = CompactRange::load(one.checkpoint.size, tree_.subtree());
    if (!range || range->root() != one.checkpoint.root) continue;
    range_ = std::move(*range);
    newest_ = one;
    return tree_.cut(one.checkpoint.size);
  }
  if (!own.empty()) {
    mended_.emplace_back("the file of the log's tree fitted no checkpoint: it was made anew");
  }
  range_ = CompactRange();
  return tree_.cut(0);
}

/// No record behind it holds the bytes of the last one: the tree does.
Status EvidenceKeeper::look_at_end(const LogTail& tail) const {
  if (tail.sequence == 0 || range_.size() != tail.sequence) return Done{};
  auto line = last_line(directory_.get(), tail.segment);
  if (!line) return line.error();
  const auto leaf = tree_.subtree()(0, tail.sequence - 1);
  if (!leaf) return leaf.error();
  if (*leaf == leaf_hash(*line)) return Done{};
  return not_this_log("record " + std::to_string(tail.sequence) +
                      " is not the one that was signed");
}

void EvidenceKeeper::add_leaf(const Digest& leaf) {
  range_.append(leaf, [this](unsigned /*level*/, const Digest& hash) { tree_.append(hash); });
}

/// Adds a record, and holds the tree against the checkpoints that were signed at this size.
Status EvidenceKeeper::add_leaf_on_disk(std::string_view line,
                                        const std::vector<SignedCheckpoint>& own) {
  add_leaf(leaf_hash(line));
  for (const SignedCheckpoint& one : own) {
    if (one.checkpoint.size == range_.size() && one.checkpoint.root != range_.root()) {
      return not_this_log("records up to " + std::to_string(range_.size()) +
                          " are not those that were signed");
    }
  }
  return range_.size() % kRecordsBetweenFlushes == 0 ? tree_.flush() : Status(Done{});
}

/// Adds the records on disk that the tree does not have yet, up to `upto`.
Status EvidenceKeeper::add_records(std::uint64_t upto, const std::vector<SignedCheckpoint>& own) {
  if (range_.size() >= upto) return Done{};
  auto segments = list_segments(directory_.get());
  if (!segments) return segments.error();
  if (segments->empty() || segments->front().first > range_.size() + 1) {
    return not_this_log("its tree would have to be made of segments that are no longer there");
  }
  for (std::size_t at = 0; at < segments->size() && range_.size() < upto; ++at) {
    if (at + 1 < segments->size() && (*segments)[at + 1].first <= range_.size() + 1) continue;
    auto file = open_segment(directory_.get(), (*segments)[at].name, O_RDONLY);
    if (!file) return file.error();
    LineReader reader(std::move(*file));
    std::string_view line;
    for (std::uint64_t sequence = (*segments)[at].first; range_.size() < upto; ++sequence) {
      if (reader.next(line) != LineReader::Found::line) break;
      if (sequence <= range_.size()) continue;
      if (sequence != range_.size() + 1) return not_this_log("records are missing in it");
      if (auto added = add_leaf_on_disk(line, own); !added) return added;
    }
  }
  if (range_.size() < upto) return not_this_log("records are missing in it");
  return Done{};
}

Status EvidenceKeeper::sign() {
  const Checkpoint checkpoint{log_name_, range_.size(), range_.root()};
  // The same checkpoint keeps the signatures that it has gathered.
  if (!newest_.note.signatures.empty() && newest_.checkpoint == checkpoint) return Done{};
  auto made = sign_checkpoint(checkpoint, key_);
  if (!made) return made.error();
  newest_ = std::move(*made);
  return Done{};
}

Status EvidenceKeeper::write(const std::string& name, Durable durable) {
  return replace_file(directory_.get(), name, format_note(newest_.note), durable);
}

Status EvidenceKeeper::grow(const std::vector<Digest>& leaves, const std::string& segment) {
  Status finished = Done{};
  if (segment != segment_ && !segment_.empty()) {
    finished = tree_.sync();
    const std::uint64_t first = first_record_of(segment_).value();
    if (finished) finished = write(segment_checkpoint_name(first), Durable::yes);
  }
  segment_ = segment;
  for (const Digest& leaf : leaves) add_leaf(leaf);
  if (auto signed_it = sign(); !signed_it) return signed_it;
  if (auto flushed = tree_.flush(); !flushed) return flushed;
  if (auto written = write(kCheckpointName, Durable::no); !written) return written;
  return finished;
}

bool EvidenceKeeper::is_own(const SignedCheckpoint& checkpoint) const {
  const VerifierKey own{log_name_, SignatureType::ed25519, key_.public_key()};
  return static_cast<bool>(verify_checkpoint(checkpoint, own));
}

Result<MerkleProof> EvidenceKeeper::consistency(std::uint64_t old_size) const {
  const Checkpoint& now = newest_.checkpoint;
  auto old_root = tree_root(old_size, tree_.subtree());
  if (!old_root) return old_root.error();
  auto proof = consistency_proof(old_size, now.size, tree_.subtree());
  if (!proof) return proof.error();
  if (!proves_consistency(*proof, old_size, *old_root, now.size, now.root)) {
    return Error{Outcome::unavailable, "the file of the log's tree is not what it was"};
  }
  return proof;
}

Status EvidenceKeeper::keep_cosigned(const SignedCheckpoint& cosigned, const VerifierKey& witness) {
  const std::string name = cosigned_name(witness.id());
  if (auto synced = tree_.sync(); !synced) return synced;
  if (auto kept = replace_file(directory_.get(), name, format_note(cosigned.note), Durable::yes);
      !kept) {
    return kept;
  }
  if (cosigned.checkpoint != newest_.checkpoint) return Done{};
  for (const NoteSignature& signature : cosigned.note.signatures) {
    if (!signature.is_of(witness)) continue;
    std::erase_if(newest_.note.signatures,
                  [&](const NoteSignature& other) { return other.is_of(witness); });
    newest_.note.signatures.push_back(signature);
    break;
  }
  return write(kCheckpointName, Durable::no);
}

}  // namespace modgate
