// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "gate/courier/http_post.h"
#include "gate/wire/courier_messages.h"

namespace modgate {

/// How the courier stands with one witness.
struct Standing {
  std::uint64_t accepted = 0;  ///< what the witness is known to have accepted last
  unsigned failures = 0;       ///< in a row
  unsigned conflicts = 0;      ///< answers "409 Conflict" in a row
};

/// What is to be done after one visit to a witness.
struct AfterVisit {
  bool cosigned = false;          ///< its answer is to be brought to the recorder
  std::chrono::seconds pause{0};  ///< before it is visited again
  std::string complaint = {};     ///< what was wrong with its answer; empty where nothing was
};

inline constexpr std::chrono::seconds kLongestPause{5};
inline constexpr unsigned kMostConflicts = 3;

/// Weighs a witness's answer (https://c2sp.org/tlog-witness) and notes it in `standing`. "409
/// Conflict" with a size is a hint, not a failure: the recorder is asked again for what proves the
/// growth from there, at most kMostConflicts times in a row. Anything else but 200 is a failure,
/// which pauses the visits for 1 s, doubled each time, at most kLongestPause; and so is a 200
/// without a cosignature under `key`, the witness's key as the policy has it. (The recorder looks
/// for itself; this is for the operator, who is told why nothing is acknowledged.)
AfterVisit weigh_answer(Standing& standing, const std::string& key, const CourierSubmit& submit,
                        const Result<HttpReply>& answer);

}  // namespace modgate
