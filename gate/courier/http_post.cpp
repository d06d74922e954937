// SPDX-License-Identifier: Apache-2.0
#include "gate/courier/http_post.h"

#include <httplib.h>

namespace modgate {

struct HttpPost::Inside {
  explicit Inside(const std::string& server) : client(server) {}

  httplib::Client client;
  std::string path;
  bool tls = false;
};

namespace {

std::string server_of(const WitnessUrl& url) {
  const bool is_ipv6 = url.host.find(':') != std::string::npos;
  return (url.tls ? "https://" : "http://") + (is_ipv6 ? '[' + url.host + ']' : url.host) + ':' +
         std::to_string(url.port);
}

}  // namespace

HttpPost::HttpPost(const WitnessUrl& url, const std::string& ca_file,
                   std::chrono::milliseconds wait)
    : inside_(std::make_unique<Inside>(server_of(url))) {
  inside_->path = url.path;
  inside_->tls = url.tls;
  httplib::Client& client = inside_->client;
  client.set_connection_timeout(wait);
  client.set_read_timeout(wait);
  client.set_write_timeout(wait);
  client.set_keep_alive(true);
  client.set_tcp_nodelay(true);
  client.set_follow_location(false);
  client.set_decompress(false);
  if (url.tls && !ca_file.empty()) client.set_ca_cert_path(ca_file);
}

HttpPost::~HttpPost() = default;

Result<HttpReply> HttpPost::post(const std::string& body) {
  httplib::Request request;
  request.method = "POST";
  request.path = inside_->path;
  request.set_header("Content-Type", "text/plain; charset=utf-8");
  request.body = body;
  HttpReply reply;
  request.content_receiver = [&reply](const char* piece, std::size_t bytes, std::uint64_t,
                                      std::uint64_t) {
    if (bytes > kMostReplyBytes - reply.body.size()) return false;
    reply.body.append(piece, bytes);
    return true;
  };
  const httplib::Result answer = inside_->client.send(request);
  if (!answer) {
    std::string why = httplib::to_string(answer.error());
    if (inside_->tls && inside_->client.get_openssl_verify_result() != X509_V_OK) {
      why += ": " + std::string(
                        X509_verify_cert_error_string(inside_->client.get_openssl_verify_result()));
    }
    return Error{Outcome::unavailable, "no answer from the witness: " + why};
  }
  reply.status = answer->status;
  reply.content_type = answer->get_header_value("Content-Type");
  return reply;
}

void HttpPost::stop() { inside_->client.stop(); }

}  // namespace modgate
