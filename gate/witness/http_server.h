// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "modgate/result.h"

namespace modgate {

/// What a request over HTTP is answered with.
struct HttpAnswer {
  int status = 500;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
};

/// Answers `POST PATH` over plain HTTP/1.1 with what a function says, and nothing else: another
/// path is a 404, another method a 405. TLS is the business of what stands in front.
///
/// Bounds, whatever a client does: a body of kMostBodyBytes, counted after any unpacking (413); 5 s
/// for each wait on the client, 2 s for its next request; kConnections connections at once, those
/// beyond wait for one of them.
class HttpServer {
 public:
  static constexpr std::size_t kMostBodyBytes = std::size_t{64} * 1024;
  static constexpr std::size_t kConnections = 64;

  /// Is called from several threads at once. Where it throws, the answer is 500.
  using Handler = std::function<HttpAnswer(const std::string& body)>;

  /// Binds to an address (a number or a name) and a port; port 0 takes any free one. Connections
  /// wait from here on.
  static Result<HttpServer> bind(const std::string& host, std::uint16_t port,
                                 const std::string& path, Handler handler);

  HttpServer(HttpServer&&) noexcept;
  HttpServer& operator=(HttpServer&&) noexcept;
  ~HttpServer();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  /// Serves until the process ends; comes back only with an error.
  Error serve();

 private:
  struct Inside;
  HttpServer(std::unique_ptr<Inside> inside, std::uint16_t port);

  std::unique_ptr<Inside> inside_;
  std::uint16_t port_ = 0;
};

}  // namespace modgate
