// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "gate/courier/witness_url.h"
#include "modgate/result.h"

namespace modgate {

/// What a server answered.
struct HttpReply {
  int status = 0;
  std::string content_type;
  std::string body;
};

/// One server, asked by POST; keeps its connection open between requests.
///
/// `https` is served only where the server's certificate is valid for the host and leads to one of
/// the system's certificate authorities, or to one in `ca_file`. Redirects are not followed.
class HttpPost {
 public:
  static constexpr std::size_t kMostReplyBytes = std::size_t{32} * 1024;

  /// `wait`: the most that connecting, and each wait on the server, may take.
  HttpPost(const WitnessUrl& url, const std::string& ca_file, std::chrono::milliseconds wait);
  HttpPost(const HttpPost&) = delete;
  HttpPost& operator=(const HttpPost&) = delete;
  ~HttpPost();

  /// Any status is an answer; an error (Outcome::unavailable) is one that did not come, or one
  /// longer than kMostReplyBytes.
  Result<HttpReply> post(const std::string& body);

  /// Makes a post() under way in another thread fail soon: a server that drips holds nobody for
  /// longer than its caller likes.
  void stop();

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace modgate
