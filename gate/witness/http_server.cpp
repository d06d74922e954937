// SPDX-License-Identifier: Apache-2.0
#include "gate/witness/http_server.h"

#include <httplib.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

namespace modgate {
namespace {

constexpr time_t kWaitSeconds = 5;
/// A connection that is kept open is one that others wait for.
constexpr time_t kIdleSeconds = 2;
constexpr std::size_t kRequestsOfOneConnection = 1000;

void fill(httplib::Response& response, const HttpAnswer& answer) {
  response.status = answer.status;
  response.set_content(answer.body, answer.content_type);
}

/// Reads the body piece by piece: the library's own limit does not hold for a body that comes in
/// chunks or packed.
bool read_body(const httplib::ContentReader& reader, std::string& body) {
  return reader([&body](const char* piece, std::size_t bytes) {
    if (bytes > HttpServer::kMostBodyBytes - body.size()) return false;
    body.append(piece, bytes);
    return true;
  });
}

}  // namespace

struct HttpServer::Inside {
  httplib::Server server;
};

HttpServer::HttpServer(std::unique_ptr<Inside> inside, std::uint16_t port)
    : inside_(std::move(inside)), port_(port) {}
HttpServer::HttpServer(HttpServer&&) noexcept = default;
HttpServer& HttpServer::operator=(HttpServer&&) noexcept = default;
HttpServer::~HttpServer() = default;

Result<HttpServer> HttpServer::bind(const std::string& host, std::uint16_t port,
                                    const std::string& path, Handler handler) {
  auto inside = std::make_unique<Inside>();
  httplib::Server& server = inside->server;
  // The library owns what it is handed.
  server.new_task_queue = [] { return new httplib::ThreadPool(kConnections); };
  server.set_read_timeout(kWaitSeconds);
  server.set_write_timeout(kWaitSeconds);
  server.set_keep_alive_timeout(kIdleSeconds);
  server.set_keep_alive_max_count(kRequestsOfOneConnection);
  server.set_payload_max_length(kMostBodyBytes);
  // Small answers must not wait for the acknowledgement of their headers.
  server.set_tcp_nodelay(true);
  // Before the library's own routing, which holds paths against regular expressions.
  server.set_pre_routing_handler(
      [path](const httplib::Request& request, httplib::Response& response) {
        if (request.path == path && request.method == "POST") {
          return httplib::Server::HandlerResponse::Unhandled;
        }
        const bool known = request.path == path;
        fill(response,
             known ? HttpAnswer{405, "text/plain", "only POST is served here\n"}
                   : HttpAnswer{404, "text/plain", "nothing is served here but " + path + "\n"});
        return httplib::Server::HandlerResponse::Handled;
      });
  server.Post(
      path, [handler = std::move(handler)](const httplib::Request&, httplib::Response& response,
                                           const httplib::ContentReader& reader) {
        std::string body;
        if (!read_body(reader, body)) {
          fill(response, {413, "text/plain", "the request is cut short or longer than 64 KiB\n"});
          return;
        }
        fill(response, handler(body));
      });
  server.set_exception_handler(
      [](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
        fill(response, {500, "text/plain", "the request could not be served\n"});
      });
  const int bound = port == 0 ? server.bind_to_any_port(host)
                              : (server.bind_to_port(host, port) ? int{port} : -1);
  if (bound <= 0) {
    return Error{
        Outcome::unavailable,
        "cannot listen on " + host + " port " + std::to_string(port) + ": " + std::strerror(errno),
        errno};
  }
  return HttpServer(std::move(inside), static_cast<std::uint16_t>(bound));
}

Error HttpServer::serve() {
  static_cast<void>(inside_->server.listen_after_bind());
  return {Outcome::unavailable, "the listening socket has failed"};
}

}  // namespace modgate
