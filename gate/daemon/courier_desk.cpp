// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/courier_desk.h"

#include <algorithm>
#include <utility>

#include "gate/daemon/log_line.h"
#include "gate/evidence/base64.h"
#include "gate/evidence/cosignature.h"

namespace modgate {
namespace {

std::vector<std::string> lines_of(const MerkleProof& proof) {
  std::vector<std::string> lines;
  for (const Digest& hash : proof) {
    lines.push_back(encode_base64({reinterpret_cast<const char*>(hash.data()), hash.size()}));
  }
  return lines;
}

}  // namespace

void CourierDesk::set_witnesses(const std::vector<CourierWitness>& witnesses,
                                const EvidenceKeeper& keeper) {
  std::vector<Witness> fresh;
  for (const CourierWitness& told : witnesses) {
    // What is under way with a witness that stays goes on.
    if (Witness* const known = find(told.name); known != nullptr && known->told == told) {
      fresh.push_back(*known);
      continue;
    }
    auto key = parse_witness_key(told.key);
    if (!key) {
      log_line("witness " + told.name + ": " + key.error().message);
      continue;
    }
    Witness witness;
    witness.told = told;
    witness.key = std::move(*key);
    fresh.push_back(std::move(witness));
  }
  witnesses_ = std::move(fresh);
  acknowledged_ = 0;
  for (const Witness& witness : witnesses_) {
    auto kept = read_checkpoint(keeper.directory(), cosigned_name(witness.key.id()));
    if (!kept || !*kept || !keeper.is_own(**kept)) continue;
    if (find_cosignature((*kept)->note, witness.key)) {
      acknowledged_ = std::max(acknowledged_, (*kept)->checkpoint.size);
    }
  }
  tell_witnesses();
}

void CourierDesk::tell_witnesses() {
  if (!courier_) return;
  CourierWitnesses told;
  for (const Witness& witness : witnesses_) told.witnesses.push_back(witness.told);
  const auto message = encode_to_courier(told);
  if (!message || !courier_.send(*message, Deadline{})) courier_.close();
}

void CourierDesk::connect(Channel courier) {
  courier_ = std::move(courier);
  for (Witness& witness : witnesses_) {
    witness.asked.reset();
    witness.asked_again = 0;
  }
  next_offer_.reset();
  tell_witnesses();
}

CourierDesk::Witness* CourierDesk::find(const std::string& name) {
  const auto found = std::find_if(witnesses_.begin(), witnesses_.end(),
                                  [&](const Witness& one) { return one.told.name == name; });
  return found == witnesses_.end() ? nullptr : &*found;
}

std::optional<std::string> CourierDesk::hear(EvidenceKeeper& keeper) {
  auto message = courier_.receive(kCourierBytes, 0, Deadline{});
  if (!message || !*message) {
    courier_.close();
    return std::nullopt;
  }
  auto said = decode_from_courier((*message)->bytes);
  if (!said) {
    log_line("the courier is not understood: " + said.error().message);
    courier_.close();
    return std::nullopt;
  }
  if (const auto* const next = std::get_if<CourierNext>(&*said)) return take_next(*next, keeper);
  take_cosigned(std::get<CourierCosigned>(*said), keeper);
  return std::nullopt;
}

std::optional<std::string> CourierDesk::take_next(const CourierNext& next,
                                                  const EvidenceKeeper& keeper) {
  Witness* const witness = find(next.witness);
  // The policy may have changed while it was on its way.
  if (witness == nullptr) return std::nullopt;
  const std::uint64_t end = keeper.newest().checkpoint.size;
  if (next.accepted <= end) {
    witness->asked = next.accepted;
    return std::nullopt;
  }
  witness->asked.reset();
  if (std::exchange(witness->ahead, true)) return std::nullopt;
  return "the witness " + witness->told.name + " is said to have seen record " +
         std::to_string(next.accepted) + " of this log, which ends with record " +
         std::to_string(end) + ": it was rolled back, or the courier is wrong";
}

void CourierDesk::take_cosigned(const CourierCosigned& cosigned, EvidenceKeeper& keeper) {
  Witness* const witness = find(cosigned.witness);
  if (witness == nullptr || !witness->submitted ||
      witness->submitted->checkpoint.size != cosigned.size) {
    return;
  }
  SignedCheckpoint checkpoint = *witness->submitted;
  std::string_view rest = cosigned.signatures;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    auto signature = parse_signature(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!signature || !signature->is_of(witness->key)) continue;
    auto time = verify_cosignature(checkpoint.note.text, *signature, witness->key);
    if (!time) {
      log_line("the courier brought what is no cosignature: " + time.error().message);
      return;
    }
    checkpoint.note.signatures.push_back(std::move(*signature));
    // What is on disk is what can be shown later: only that counts.
    if (auto kept = keeper.keep_cosigned(checkpoint, witness->key); !kept) {
      log_line(kept.error().message);
      return;
    }
    acknowledged_ = std::max(acknowledged_, cosigned.size);
    return;
  }
}

Result<std::string> CourierDesk::submission(const Witness& witness,
                                            const EvidenceKeeper& keeper) const {
  auto proof = keeper.consistency(*witness.asked);
  if (!proof) return proof.error();
  const SignedCheckpoint& newest = keeper.newest();
  return encode_to_courier(CourierSubmit{witness.told.name, witness.told.url, *witness.asked,
                                         newest.checkpoint.size, lines_of(*proof),
                                         format_note(newest.note)});
}

bool CourierDesk::is_wanted_again(const Witness& witness, std::uint64_t size) const {
  return *witness.asked == size && acknowledged_ < size && witness.asked_again != size;
}

void CourierDesk::offer(const EvidenceKeeper& keeper, Deadline now, bool urgent) {
  const std::uint64_t size = keeper.newest().checkpoint.size;
  next_offer_.reset();
  for (Witness& witness : witnesses_) {
    if (!courier_ || !witness.asked) continue;
    if (urgent && is_wanted_again(witness, size)) {
      witness.asked_again = size;
    } else if (*witness.asked >= size) {
      continue;
    }
    if (!urgent && now < witness.not_before) {
      next_offer_ = std::min(next_offer_.value_or(witness.not_before), witness.not_before);
      continue;
    }
    witness.not_before = now + kBetweenCheckpoints;
    auto message = submission(witness, keeper);
    if (!message) {
      log_line("no checkpoint for witness " + witness.told.name + ": " + message.error().message);
      witness.asked.reset();
      continue;
    }
    witness.asked.reset();
    witness.submitted = keeper.newest();
    if (!courier_.send(*message, Deadline{})) courier_.close();
  }
}

}  // namespace modgate
