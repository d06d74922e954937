// SPDX-License-Identifier: Apache-2.0
#include "gate/courier/visits.h"

#include <thread>
#include <utility>

namespace modgate {
namespace {

constexpr std::chrono::seconds kWait{5};

WitnessUrl url_of(const CourierWitness& witness) {
  auto url = parse_witness_url(witness.url);
  // check() has seen to it; what throws here ends the courier, which begins anew.
  return *std::move(url);
}

}  // namespace

Status Visits::check(const CourierWitness& witness) {
  if (auto url = parse_witness_url(witness.url); !url) return url.error();
  return Done{};
}

Visits::Visits(CourierWitness witness, const std::string& ca_file, Send send, Journal journal)
    : witness_(std::move(witness)),
      server_(url_of(witness_), ca_file, kWait),
      send_(std::move(send)),
      journal_(std::move(journal)) {}

void Visits::submit(CourierSubmit submit) {
  const std::lock_guard<std::mutex> lock(mutex_);
  waiting_ = std::move(submit);
  changed_.notify_all();
}

void Visits::break_off_if_late() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!visiting_since_) return;
  if (std::chrono::steady_clock::now() - *visiting_since_ > kLongestVisit) server_.stop();
}

CourierSubmit Visits::await_submit() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.has_value(); });
  return *std::exchange(waiting_, std::nullopt);
}

Result<HttpReply> Visits::post(const CourierSubmit& submit) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    visiting_since_ = std::chrono::steady_clock::now();
  }
  auto answer = server_.post(submit.body());
  const std::lock_guard<std::mutex> lock(mutex_);
  visiting_since_.reset();
  return answer;
}

void Visits::tell(const AfterVisit& after) {
  // One line when it begins to fail, not one for every attempt.
  if (!after.complaint.empty() && standing_.failures == 1) {
    journal_("witness " + witness_.name + " at " + witness_.url +
             " does not cosign: " + after.complaint);
  }
}

void Visits::run() {
  for (;;) {
    if (!send_(CourierNext{witness_.name, standing_.accepted})) return;
    const CourierSubmit submit = await_submit();
    const unsigned failures = standing_.failures;
    auto answer = post(submit);
    const AfterVisit after = weigh_answer(standing_, witness_.key, submit, answer);
    tell(after);
    if (after.cosigned) {
      if (failures > 0) journal_("witness " + witness_.name + " cosigns again");
      if (!send_(CourierCosigned{witness_.name, submit.size, answer->body})) return;
    }
    // Not to wait for something, but to leave the witness alone.
    if (after.pause.count() > 0) std::this_thread::sleep_for(after.pause);
  }
}

}  // namespace modgate
