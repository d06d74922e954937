// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gate/audit/evidence_keeper.h"
#include "gate/evidence/verifier_key.h"
#include "gate/wire/channel.h"
#include "gate/wire/courier_messages.h"
#include "modgate/result.h"

namespace modgate {

/// Where the courier gets its checkpoints and brings cosignatures: the recorder's side of
/// gate/wire/courier_messages.h. Never waits for the courier, and believes nothing that it cannot
/// verify: a cosignature counts only for a checkpoint that this desk handed out, under the key of a
/// witness of the policy.
class CourierDesk {
 public:
  /// While nothing is urgent a witness is given at most one checkpoint in so long a time.
  static constexpr std::chrono::seconds kBetweenCheckpoints{5};

  /// The witnesses of the policy from now on. One whose key cannot be read is passed over; the
  /// listener's policy has none. What a witness has cosigned before is read from beside the log.
  void set_witnesses(const std::vector<CourierWitness>& witnesses, const EvidenceKeeper& keeper);
  [[nodiscard]] bool has_witnesses() const noexcept { return !witnesses_.empty(); }

  /// A new connection takes the place of an old one.
  void connect(Channel courier);
  /// To be polled for reading; -1 without a courier.
  [[nodiscard]] int descriptor() const noexcept { return courier_.get(); }

  /// Hears one message. A courier that breaks the form is hung up on. Returns a sentence where a
  /// witness turns out to have seen a longer log than this one.
  std::optional<std::string> hear(EvidenceKeeper& keeper);

  /// Hands out the newest checkpoint to whoever asked and has not seen it; at once if `urgent`. A
  /// witness that has seen it while nobody here has its word (the courier died on its way back) is
  /// then asked for it once more: it cosigns the same tree again (https://c2sp.org/tlog-witness).
  void offer(const EvidenceKeeper& keeper, Deadline now, bool urgent);
  /// When offer() has something to hand out that was not urgent.
  [[nodiscard]] std::optional<Deadline> next_offer() const noexcept { return next_offer_; }

  /// Records that some witness has acknowledged: the largest tree of a verified cosignature.
  [[nodiscard]] std::uint64_t acknowledged() const noexcept { return acknowledged_; }

 private:
  struct Witness {
    CourierWitness told;
    VerifierKey key;
    std::optional<std::uint64_t> asked;         ///< what its `next` said; nullopt: none is open
    std::optional<SignedCheckpoint> submitted;  ///< the last one handed out
    Deadline not_before{};                      ///< for the next one that is not urgent
    std::uint64_t asked_again = 0;  ///< size that was handed out though the witness has it
    bool ahead = false;             ///< was said to have seen a longer log
  };

  void tell_witnesses();
  std::optional<std::string> take_next(const CourierNext& next, const EvidenceKeeper& keeper);
  void take_cosigned(const CourierCosigned& cosigned, EvidenceKeeper& keeper);
  [[nodiscard]] bool is_wanted_again(const Witness& witness, std::uint64_t size) const;
  [[nodiscard]] Result<std::string> submission(const Witness& witness,
                                               const EvidenceKeeper& keeper) const;
  Witness* find(const std::string& name);

  Channel courier_;
  std::vector<Witness> witnesses_;
  std::uint64_t acknowledged_ = 0;
  std::optional<Deadline> next_offer_;
};

}  // namespace modgate
