// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "gate/courier/http_post.h"
#include "gate/courier/standing.h"
#include "gate/wire/courier_messages.h"
#include "modgate/result.h"

namespace modgate {

/// The visits to one witness: asks the recorder for what is next, posts it, brings the answer.
class Visits {
 public:
  using Send = std::function<Status(const FromCourier&)>;
  using Journal = std::function<void(const std::string& line)>;

  /// The longest a visit may take from the first byte to the last.
  static constexpr std::chrono::seconds kLongestVisit{20};

  /// Outcome::usage for a witness whose url nobody can post to.
  static Status check(const CourierWitness& witness);

  /// `witness` has passed check(). `send` and `journal` are called from the thread in run().
  Visits(CourierWitness witness, const std::string& ca_file, Send send, Journal journal);

  /// Visits the witness until the recorder cannot be told any more.
  void run();

  /// Hands over what the recorder wants posted; the newest counts. From another thread.
  void submit(CourierSubmit submit);

  /// Breaks off a visit that takes longer than kLongestVisit. From another thread.
  void break_off_if_late();

 private:
  CourierSubmit await_submit();
  Result<HttpReply> post(const CourierSubmit& submit);
  void tell(const AfterVisit& after);

  CourierWitness witness_;
  HttpPost server_;
  Send send_;
  Journal journal_;
  Standing standing_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<CourierSubmit> waiting_;
  std::optional<std::chrono::steady_clock::time_point> visiting_since_;
};

}  // namespace modgate
