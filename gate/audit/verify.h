// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "gate/audit/chain.h"
#include "modgate/result.h"

namespace modgate {

enum class Damage : std::uint8_t {
  torn,         ///< the last line is not whole, as after a crash
  edited,       ///< its bytes are not those that the next record names, or no record at all
  missing,      ///< it is nowhere
  reordered,    ///< it stands elsewhere, or twice
  forked,       ///< the chain goes on from another history than the one that was signed
  rolled_back,  ///< the log and what is beside it are those of an earlier time
  shorter,      ///< records that were signed are not there any more
};

/// "torn", "edited", "missing", "reordered", "forked", "rolled back" or "shorter than a
/// checkpoint".
const char* word(Damage damage) noexcept;

struct BrokenRecord {
  std::uint64_t sequence = 0;  ///< the first record that is broken
  Damage damage = Damage::torn;
  std::string segment;
  std::uint64_t line = 0;  ///< in the segment, from 1: where it shows
  std::string message;     ///< one sentence
};

/// Records that are not there and need not be: a record says that retention removed them.
struct RemovedByRetention {
  std::uint64_t through = 0;      ///< records 1 to this one
  std::uint64_t recorded_in = 0;  ///< sequence number of the record that says so
};

struct Verified {
  std::uint64_t records = 0;  ///< whole and in the chain, up to the first broken one
  std::uint64_t last = 0;     ///< sequence number of the last of them
  std::string head = std::string(kChainStart);  ///< hash of its line
  std::optional<RemovedByRetention> removed;    ///< nullopt: the log begins with record 1
  std::optional<BrokenRecord> broken;           ///< the first; nullopt: none
};

/// Walks the whole log. A log whose oldest segments were removed by retention begins behind them;
/// the record of the removal has to be in it. Proves that nothing between its first and its last
/// record was changed, as far as the chain can tell: not that records at its end are all there. An
/// error is one of reading.
///
/// `taken`, where given, is called with the leaf_hash() of each record that is sound, in order;
/// never by two threads at once.
using LeafTaken = std::function<void(const Digest& leaf)>;
Result<Verified> verify_log(int directory, const LeafTaken& taken = {});

}  // namespace modgate
