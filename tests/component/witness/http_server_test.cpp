// SPDX-License-Identifier: Apache-2.0
#include "gate/witness/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "catch.h"
#include "modgate/handle.h"

using namespace modgate;

namespace {

HttpAnswer echo(const std::string& body) {
  if (body == "throw") throw std::runtime_error("as asked");
  if (body == "conflict") return {409, "text/x.tlog.size", "7\n"};
  return {200, "text/plain", std::to_string(body.size()) + ':' + body.substr(0, 16)};
}

/// A server in a process of its own, which is all that ends it.
class ServingProcess {
 public:
  ServingProcess() {
    auto server = HttpServer::bind("127.0.0.1", 0, "/w1/add-checkpoint", echo);
    REQUIRE(server);
    port_ = server->port();
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) {
      static_cast<void>(server->serve());
      ::_exit(1);
    }
  }
  ServingProcess(const ServingProcess&) = delete;
  ServingProcess& operator=(const ServingProcess&) = delete;
  ~ServingProcess() {
    static_cast<void>(::kill(child_, SIGKILL));
    static_cast<void>(::waitpid(child_, nullptr, 0));
  }

  [[nodiscard]] Fd connect() const {
    Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
    const timeval patience = {20, 0};
    REQUIRE(::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
    return socket;
  }

  /// What comes back for these bytes until the server hangs up.
  [[nodiscard]] std::string ask(const std::string& bytes) const {
    const Fd socket = connect();
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const ssize_t done =
          ::send(socket.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (done <= 0) break;
      sent += static_cast<std::size_t>(done);
    }
    std::string answer;
    char block[4096];
    for (ssize_t got = 0; (got = ::recv(socket.get(), block, sizeof block, 0)) > 0;) {
      answer.append(block, static_cast<std::size_t>(got));
    }
    return answer;
  }

 private:
  std::uint16_t port_ = 0;
  pid_t child_ = -1;
};

std::string post(const std::string& body, const std::string& path = "/w1/add-checkpoint") {
  return "POST " + path + " HTTP/1.1\r\nHost: w\r\nConnection: close\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

bool has(const std::string& answer, const std::string& text) {
  return answer.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("POST on the one path is answered by the handler") {
  const ServingProcess server;
  CHECK(has(server.ask(post("hello")), "HTTP/1.1 200 "));
  CHECK(has(server.ask(post("hello")), "\r\n\r\n5:hello"));
  const std::string conflict = server.ask(post("conflict"));
  CHECK(has(conflict, "HTTP/1.1 409 "));
  CHECK(has(conflict, "Content-Type: text/x.tlog.size\r\n"));
  CHECK(has(conflict, "\r\n\r\n7\n"));
  CHECK(has(server.ask(post("throw")), "HTTP/1.1 500 "));
  CHECK_FALSE(has(server.ask(post("throw")), "as asked"));
}

TEST_CASE("another path or method reaches no handler") {
  const ServingProcess server;
  CHECK(has(server.ask(post("hello", "/add-checkpoint")), "HTTP/1.1 404 "));
  CHECK(has(server.ask(post("hello", "/w1/add-checkpoint/x")), "HTTP/1.1 404 "));
  CHECK(has(server.ask(post("hello", "/" + std::string(4000, '(') + "x")), "HTTP/1.1 404 "));
  for (const std::string method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}) {
    const std::string answer =
        server.ask(method + " /w1/add-checkpoint HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n");
    CHECK(has(answer, "HTTP/1.1 405 "));
  }
}

TEST_CASE("a body has an end, however it is sent") {
  const ServingProcess server;
  const std::size_t most = HttpServer::kMostBodyBytes;
  CHECK(has(server.ask(post(std::string(most, 'x'))), "200 "));
  CHECK(has(server.ask(post(std::string(most + 1, 'x'))), "HTTP/1.1 413 "));
  std::string chunked =
      "POST /w1/add-checkpoint HTTP/1.1\r\nHost: w\r\nConnection: close\r\n"
      "Transfer-Encoding: chunked\r\n\r\n";
  for (int chunk = 0; chunk < 40; ++chunk)
    chunked += "1000\r\n" + std::string(0x1000, 'x') + "\r\n";
  chunked += "0\r\n\r\n";
  CHECK_FALSE(has(server.ask(chunked), "HTTP/1.1 200 "));
  CHECK(has(server.ask(post("still here")), "\r\n\r\n10:still here"));
}

TEST_CASE("who says nothing keeps nobody else waiting") {
  const ServingProcess server;
  std::vector<Fd> silent;
  for (int client = 0; client < 8; ++client) silent.push_back(server.connect());
  CHECK(has(server.ask(post("hello")), "HTTP/1.1 200 "));
}

TEST_CASE("a port that is taken is an error at once") {
  auto first = HttpServer::bind("127.0.0.1", 0, "/add-checkpoint", echo);
  REQUIRE(first);
  CHECK_FALSE(HttpServer::bind("192.0.2.1", 0, "/add-checkpoint", echo));
}
