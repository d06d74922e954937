// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gate/audit/evidence_keeper.h"
#include "gate/audit/ledger.h"
#include "gate/daemon/courier_desk.h"
#include "gate/wire/channel.h"

namespace modgate {

/// The recorder's evidence: the checkpoint that follows each group, what the courier is given and
/// brings, and what is told of it on this machine.
class RecorderEvidence {
 public:
  /// A checkpoint is announced at the end, and at most this often while records come.
  static constexpr std::chrono::seconds kBetweenAnnouncements{60};

  /// Without a keeper the log is chained, and nothing is signed.
  explicit RecorderEvidence(std::optional<EvidenceKeeper> keeper) : keeper_(std::move(keeper)) {}

  /// After each commit: what the ledger put on disk is signed for.
  void grow(Ledger& ledger);

  void set_witnesses(const std::vector<CourierWitness>& witnesses);
  [[nodiscard]] bool has_witnesses() const noexcept { return keeper_ && desk_.has_witnesses(); }
  /// Whether a witness has acknowledged the record.
  [[nodiscard]] bool is_acknowledged(std::uint64_t sequence) const noexcept {
    return desk_.acknowledged() >= sequence;
  }

  void connect_courier(Channel courier);
  [[nodiscard]] int courier_descriptor() const noexcept { return desk_.descriptor(); }
  /// Returns what is to be recorded, as CourierDesk::hear().
  std::optional<std::string> hear_courier();

  /// At the end of each turn: gives the courier what it asked for, and calls `announce` with the
  /// newest checkpoint where one is due. `urgent`: somebody waits for a witness.
  using Announce = std::function<void(const Checkpoint& checkpoint)>;
  void tend(Deadline now, bool urgent, const Announce& announce);
  /// When tend() has something to do by itself.
  [[nodiscard]] std::optional<Deadline> next_due() const;

  /// Announces the newest checkpoint if it was not yet.
  void announce_last(const Announce& announce);

 private:
  [[nodiscard]] bool has_news() const noexcept {
    return keeper_ && keeper_->newest().checkpoint.size > announced_;
  }

  std::optional<EvidenceKeeper> keeper_;
  CourierDesk desk_;
  std::uint64_t announced_ = 0;
  Deadline next_announcement_{};
  std::string trouble_;  ///< the last one that was told
};

}  // namespace modgate
