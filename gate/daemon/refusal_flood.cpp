// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/refusal_flood.h"

#include <algorithm>
#include <iterator>

namespace modgate {
namespace {

constexpr std::chrono::seconds kOneToken{1};
/// From so many uids on, those that behave are forgotten.
constexpr std::size_t kManyBuckets = 1024;

}  // namespace

void RefusalFlood::fill(Bucket& bucket, Deadline now) {
  if (now <= bucket.filled) return;
  const auto seconds = (now - bucket.filled) / kOneToken;
  bucket.filled += seconds * kOneToken;
  bucket.tokens = std::min<std::int64_t>(kBurst, bucket.tokens + seconds);
}

void RefusalFlood::forget_full(Deadline now) {
  if (buckets_.size() < kManyBuckets) return;
  for (auto entry = buckets_.begin(); entry != buckets_.end();) {
    Bucket& bucket = entry->second;
    fill(bucket, now);
    const bool is_quiet = bucket.tokens >= kBurst && !bucket.aggregate;
    entry = is_quiet ? buckets_.erase(entry) : std::next(entry);
  }
}

bool RefusalFlood::admit(const CountedRefusal& refusal, Deadline now) {
  forget_full(now);
  auto [found, is_new] = buckets_.try_emplace(refusal.peer.uid);
  Bucket& bucket = found->second;
  if (is_new) bucket.filled = now;
  fill(bucket, now);
  if (bucket.aggregate) {
    Record& aggregate = bucket.aggregate->record;
    ++aggregate.count;
    aggregate.time_ns = std::max(aggregate.time_ns, refusal.record.time_ns);
    return false;
  }
  if (bucket.tokens > 0) {
    --bucket.tokens;
    return true;
  }
  bucket.aggregate = refusal;
  bucket.aggregate->record.first_ms = refusal.record.time_ns / 1'000'000;
  return false;
}

std::string RefusalFlood::standing_in(uid_t uid) const {
  const auto found = buckets_.find(uid);
  if (found == buckets_.end() || !found->second.aggregate) return {};
  return found->second.aggregate->correlation_uid;
}

std::optional<CountedRefusal> RefusalFlood::take(uid_t uid) {
  const auto found = buckets_.find(uid);
  if (found == buckets_.end()) return std::nullopt;
  std::optional<CountedRefusal> taken = std::move(found->second.aggregate);
  found->second.aggregate.reset();
  if (taken) found->second.tokens = std::max<std::int64_t>(0, found->second.tokens - 1);
  return taken;
}

std::vector<CountedRefusal> RefusalFlood::take_due(Deadline now) {
  std::vector<CountedRefusal> due;
  for (auto& [uid, bucket] : buckets_) {
    fill(bucket, now);
    if (!bucket.aggregate || bucket.tokens < kDueTokens) continue;
    if (auto taken = take(uid)) due.push_back(std::move(*taken));
  }
  return due;
}

std::vector<CountedRefusal> RefusalFlood::take_all() {
  std::vector<CountedRefusal> all;
  for (auto& [uid, bucket] : buckets_) {
    if (auto taken = take(uid)) all.push_back(std::move(*taken));
  }
  return all;
}

void RefusalFlood::give_back(CountedRefusal aggregate) {
  Bucket& bucket = buckets_[aggregate.peer.uid];
  if (bucket.aggregate) {
    aggregate.record.count += bucket.aggregate->record.count;
    aggregate.record.time_ns = std::max(aggregate.record.time_ns, bucket.aggregate->record.time_ns);
  }
  // It is due again when the bucket has filled anew, not at once.
  bucket.tokens = 0;
  bucket.aggregate = std::move(aggregate);
}

std::optional<Deadline> RefusalFlood::next_due() const {
  std::optional<Deadline> next;
  for (const auto& [uid, bucket] : buckets_) {
    if (!bucket.aggregate) continue;
    const auto missing = std::max<std::int64_t>(0, kDueTokens - bucket.tokens);
    const Deadline due = bucket.filled + missing * kOneToken;
    if (!next || due < *next) next = due;
  }
  return next;
}

}  // namespace modgate
