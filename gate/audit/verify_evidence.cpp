// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/verify_evidence.h"

#include <fcntl.h>

#include <algorithm>
#include <functional>

#include "gate/audit/evidence_files.h"
#include "gate/audit/line_reader.h"
#include "gate/audit/log_directory.h"
#include "gate/audit/tree_file.h"
#include "gate/evidence/compact_range.h"
#include "gate/evidence/cosignature.h"

namespace modgate {
namespace {

/// A checkpoint that is signed for this log.
struct Target {
  Checkpoint checkpoint;
  ProvenPoint point;
};

std::string point_text(const ProvenPoint& point) {
  return "the checkpoint of record " + std::to_string(point.size) + " (" + point.source + ')';
}

/// The checkpoints to hold the log against, the smallest first.
class Targets {
 public:
  explicit Targets(const EvidenceQuery& query) : query_(query) {}

  /// Those that lie beside the log.
  Status gather(int directory) {
    auto names = list_checkpoints(directory);
    if (!names) return names.error();
    if (!query_.key) {
      if (!names->empty()) {
        problems_.emplace_back("no key to verify the log's checkpoints with: give --key");
      }
      return Done{};
    }
    for (const std::string& name : *names) {
      auto read = read_checkpoint(directory, name);
      if (!read) {
        problems_.push_back("the checkpoint " + name + " is none: " + read.error().message);
        continue;
      }
      // It may have been replaced by a newer one meanwhile.
      if (*read) add(**read, name, false);
    }
    for (const KeptCheckpoint& kept : query_.kept) add(kept.checkpoint, kept.source, true);
    std::stable_sort(targets_.begin(), targets_.end(), [](const Target& a, const Target& b) {
      return a.checkpoint.size < b.checkpoint.size;
    });
    has_newest_ = std::find(names->begin(), names->end(), kCheckpointName) != names->end();
    return Done{};
  }

  [[nodiscard]] const std::vector<Target>& all() const noexcept { return targets_; }
  [[nodiscard]] std::vector<std::string>& problems() noexcept { return problems_; }
  [[nodiscard]] bool has_newest() const noexcept { return has_newest_; }

 private:
  void add(const SignedCheckpoint& read, const std::string& source, bool is_kept) {
    if (auto verified = verify_checkpoint(read, *query_.key); !verified) {
      problems_.push_back("the checkpoint " + source +
                          " does not count: " + verified.error().message);
      return;
    }
    Target target{read.checkpoint, {read.checkpoint.size, source, is_kept, {}}};
    for (const VerifierKey& witness : query_.witnesses) {
      const auto bears = [&](const NoteSignature& one) { return one.is_of(witness); };
      if (std::none_of(read.note.signatures.begin(), read.note.signatures.end(), bears)) continue;
      auto time = find_cosignature(read.note, witness);
      if (time) {
        target.point.witnesses.push_back({witness.name, *time});
      } else {
        problems_.push_back("the checkpoint " + source + ": " + time.error().message);
      }
    }
    targets_.push_back(std::move(target));
  }

  const EvidenceQuery& query_;
  std::vector<Target> targets_;
  std::vector<std::string> problems_;
  bool has_newest_ = false;
};

/// Every whole line with the number that its place gives it.
Status for_each_line(int directory,
                     const std::function<void(std::uint64_t, std::string_view)>& each) {
  auto segments = list_segments(directory);
  if (!segments) return segments.error();
  for (const Segment& segment : *segments) {
    auto file = open_segment(directory, segment.name, O_RDONLY);
    if (!file) return file.error();
    LineReader reader(std::move(*file));
    std::string_view line;
    std::uint64_t sequence = segment.first;
    while (reader.next(line) == LineReader::Found::line) each(sequence++, line);
  }
  return Done{};
}

/// The tree of the records as they are read, held against the targets on the way.
class Comparison {
 public:
  Comparison(int directory, const std::vector<Target>& targets)
      : directory_(directory), targets_(targets) {}

  /// Before the first record is taken.
  Status begin() {
    auto segments = list_segments(directory_);
    if (!segments) return segments.error();
    if (!segments->empty()) begin_at(segments->front().first);
    compare();
    return Done{};
  }

  /// The next record.
  void take(const Digest& leaf) {
    if (blind_) return;
    range_.append(leaf);
    compare();
  }

  [[nodiscard]] const std::vector<const Target*>& agreed() const noexcept { return agreed_; }
  [[nodiscard]] const Target* differs() const noexcept { return differs_; }
  /// Whether the log's beginning is gone and its hashes too, so that no root can be computed.
  [[nodiscard]] bool is_blind() const noexcept { return blind_; }

 private:
  void compare() {
    while (at_ < targets_.size() && targets_[at_].checkpoint.size <= range_.size()) {
      const Target& target = targets_[at_++];
      // Of records that were put away only the tree file can tell.
      if (target.checkpoint.size < range_.size()) continue;
      if (differs_) continue;
      if (target.checkpoint.root == range_.root()) {
        agreed_.push_back(&target);
      } else {
        differs_ = &target;
      }
    }
  }

  /// A log whose beginning was put away goes on from the hashes of what is gone.
  void begin_at(std::uint64_t first_sequence) {
    if (first_sequence == 1) return;
    const auto tree = TreeFile::open_for_reading(directory_);
    auto range = tree ? CompactRange::load(first_sequence - 1, tree->subtree())
                      : Result<CompactRange>(tree.error());
    blind_ = !range;
    if (range) range_ = std::move(*range);
  }

  int directory_;
  const std::vector<Target>& targets_;
  CompactRange range_;
  bool blind_ = false;
  std::size_t at_ = 0;
  std::vector<const Target*> agreed_;
  const Target* differs_ = nullptr;
};

/// The first record whose line is not what the tree file has for it, where that file is the tree of
/// the target; nullopt where it cannot tell.
std::optional<std::uint64_t> find_edited(int directory, const Checkpoint& target) {
  const auto tree = TreeFile::open_for_reading(directory);
  if (!tree) return std::nullopt;
  const auto root = tree_root(target.size, tree->subtree());
  if (!root || *root != target.root) return std::nullopt;
  std::optional<std::uint64_t> found;
  const auto walked = for_each_line(directory, [&](std::uint64_t sequence, std::string_view line) {
    if (found || sequence > target.size) return;
    const auto leaf = tree->subtree()(0, sequence - 1);
    if (leaf && *leaf != leaf_hash(line)) found = sequence;
  });
  return walked ? found : std::nullopt;
}

BrokenRecord differing(int directory, const Target& target, std::uint64_t agreed) {
  BrokenRecord broken;
  if (const auto edited = find_edited(directory, target.checkpoint)) {
    broken.sequence = *edited;
    broken.damage = Damage::edited;
    broken.message = "record " + std::to_string(*edited) +
                     " is edited, and the chain was made anew over it: it is not what was signed "
                     "in " +
                     point_text(target.point);
    return broken;
  }
  broken.sequence = agreed + 1;
  broken.damage = Damage::forked;
  broken.message = "from record " + std::to_string(agreed + 1) + " to record " +
                   std::to_string(target.point.size) +
                   " the log is another than the one that was signed in " +
                   point_text(target.point) + ": it is forked";
  return broken;
}

/// What is missing at the end: records that `target` covers.
BrokenRecord cut_off(const Target& target, std::uint64_t last, bool beside_is_shorter) {
  BrokenRecord broken;
  broken.sequence = last + 1;
  broken.damage = target.point.is_kept && beside_is_shorter ? Damage::rolled_back : Damage::shorter;
  broken.message = broken.damage == Damage::rolled_back
                       ? "the log was rolled back: it ends with record " + std::to_string(last) +
                             ", and so does what lies beside it, before " + point_text(target.point)
                       : "the log is shorter than a checkpoint: it ends with record " +
                             std::to_string(last) + ", before " + point_text(target.point);
  return broken;
}

void judge(int directory, const Comparison& comparison, const std::vector<Target>& targets,
           VerifiedEvidence& result) {
  const std::uint64_t last = result.chain.last;
  for (const Target* target : comparison.agreed()) {
    // Behind where the chain breaks off the lines are not the records that they say.
    if (target->point.size > last) continue;
    // Of those of one size, the one with the most to say.
    const auto better = [&](const std::optional<ProvenPoint>& known) {
      return !known || known->size < target->point.size ||
             known->witnesses.size() < target->point.witnesses.size();
    };
    if (better(result.proven)) result.proven = target->point;
    if (target->point.is_anchored() && better(result.anchored)) result.anchored = target->point;
  }
  const auto note = [&](BrokenRecord found) {
    if (!result.broken || found.sequence < result.broken->sequence)
      result.broken = std::move(found);
  };
  if (comparison.differs() != nullptr && comparison.differs()->point.size <= last) {
    note(differing(directory, *comparison.differs(), result.proven ? result.proven->size : 0));
  }
  // A chain that broke off says itself where.
  if (result.chain.broken || targets.empty()) return;
  bool beside_is_shorter = false;
  bool beside_is_longer = false;
  for (const Target& target : targets) {
    if (target.point.is_kept) continue;
    beside_is_shorter = beside_is_shorter || target.point.size <= last;
    beside_is_longer = beside_is_longer || target.point.size > last;
  }
  if (targets.back().checkpoint.size > last) {
    note(cut_off(targets.back(), last, beside_is_shorter && !beside_is_longer));
  }
}

}  // namespace

Result<VerifiedEvidence> verify_evidence(int directory, const EvidenceQuery& query) {
  // The checkpoints first: a log that is being written only grows beyond them.
  Targets targets(query);
  if (auto gathered = targets.gather(directory); !gathered) return gathered.error();
  Comparison comparison(directory, targets.all());
  if (auto begun = comparison.begin(); !begun) return begun.error();
  auto chain = verify_log(directory, [&](const Digest& leaf) { comparison.take(leaf); });
  if (!chain) return chain.error();
  VerifiedEvidence result;
  result.chain = std::move(*chain);
  result.broken = result.chain.broken;
  result.problems = std::move(targets.problems());
  judge(directory, comparison, targets.all(), result);
  if (comparison.is_blind() && !targets.all().empty()) {
    result.problems.emplace_back(
        "records before the first one are gone with their hashes (the file tree): no checkpoint "
        "can be compared");
  }
  if (query.key && !targets.has_newest() && result.chain.records > 0) {
    result.problems.emplace_back("the log's newest checkpoint is missing");
  }
  return result;
}

}  // namespace modgate
