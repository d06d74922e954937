// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/recorder_evidence.h"

#include <algorithm>

#include "gate/daemon/log_line.h"

namespace modgate {

void RecorderEvidence::grow(Ledger& ledger) {
  const std::vector<Digest> leaves = ledger.take_leaves();
  if (!keeper_ || leaves.empty()) return;
  const Status grown = keeper_->grow(leaves, ledger.tail().segment);
  const std::string trouble = grown ? std::string() : grown.error().message;
  // The records themselves are on disk: this alone refuses nobody. What it keeps from witnesses
  // does, where the policy asks for one.
  if (trouble != trouble_ && !trouble.empty()) log_line("the log's checkpoint: " + trouble);
  trouble_ = trouble;
}

void RecorderEvidence::set_witnesses(const std::vector<CourierWitness>& witnesses) {
  if (keeper_) desk_.set_witnesses(witnesses, *keeper_);
}

void RecorderEvidence::connect_courier(Channel courier) {
  if (keeper_) desk_.connect(std::move(courier));
}

std::optional<std::string> RecorderEvidence::hear_courier() {
  return keeper_ ? desk_.hear(*keeper_) : std::nullopt;
}

void RecorderEvidence::tend(Deadline now, bool urgent, const Announce& announce) {
  if (!keeper_) return;
  desk_.offer(*keeper_, now, urgent);
  if (!has_news() || now < next_announcement_) return;
  next_announcement_ = now + kBetweenAnnouncements;
  announce_last(announce);
}

std::optional<Deadline> RecorderEvidence::next_due() const {
  std::optional<Deadline> due = desk_.next_offer();
  if (has_news()) due = std::min(due.value_or(next_announcement_), next_announcement_);
  return due;
}

void RecorderEvidence::announce_last(const Announce& announce) {
  if (!has_news()) return;
  announced_ = keeper_->newest().checkpoint.size;
  announce(keeper_->newest().checkpoint);
}

}  // namespace modgate
