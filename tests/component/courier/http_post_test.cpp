// SPDX-License-Identifier: Apache-2.0
#include "gate/courier/http_post.h"

#include <httplib.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <memory>
#include <thread>

#include "catch.h"
#include "component/client/temporary_folder.h"
#include "component/courier/serving_process.h"
#include "modgate/handle.h"

using namespace modgate;
using sample::ServingProcess;
using sample::TemporaryFolder;

namespace {

constexpr std::chrono::milliseconds kWait{2000};

using PrivateKey = CHandle<EVP_PKEY, EVP_PKEY_free>;
using Certificate = CHandle<X509, X509_free>;

/// A certificate that vouches for itself.
struct Identity {
  explicit Identity(const std::string& host) : key(EVP_EC_gen("P-256")), certificate(X509_new()) {
    REQUIRE(key);
    X509* const made = certificate.get();
    REQUIRE(X509_set_version(made, 2) == 1);
    REQUIRE(ASN1_INTEGER_set(X509_get_serialNumber(made), 7) == 1);
    REQUIRE(X509_gmtime_adj(X509_getm_notBefore(made), -60) != nullptr);
    REQUIRE(X509_gmtime_adj(X509_getm_notAfter(made), 3600) != nullptr);
    REQUIRE(X509_set_pubkey(made, key.get()) == 1);
    X509_NAME* const name = X509_get_subject_name(made);
    REQUIRE(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                       reinterpret_cast<const unsigned char*>("test"), -1, -1,
                                       0) == 1);
    REQUIRE(X509_set_issuer_name(made, name) == 1);
    const CHandle<X509_EXTENSION, X509_EXTENSION_free> names(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + host).c_str()));
    REQUIRE(X509_add_ext(made, names.get(), -1) == 1);
    REQUIRE(X509_sign(made, key.get(), EVP_sha256()) > 0);
  }

  void save(const std::string& path) const {
    const CHandle<BIO, BIO_free> file(BIO_new_file(path.c_str(), "w"));
    REQUIRE(PEM_write_bio_X509(file.get(), certificate.get()) == 1);
  }

  PrivateKey key;
  Certificate certificate;
};

/// Answers in several ways, by path.
template <class Server>
class Responder {
 public:
  explicit Responder(std::unique_ptr<Server> server) : server_(std::move(server)) {
    server_->Post("/echo/add-checkpoint",
                  [](const httplib::Request& request, httplib::Response& response) {
                    response.status = 409;
                    response.set_content(request.body, "text/x.tlog.size");
                  });
    server_->Post("/long/add-checkpoint", [](const httplib::Request&, httplib::Response& response) {
      response.set_content(std::string(HttpPost::kMostReplyBytes + 1, 'x'), "text/plain");
    });
    server_->Post("/away/add-checkpoint", [](const httplib::Request&, httplib::Response& response) {
      response.set_redirect("/echo/add-checkpoint", 307);
    });
    server_->Post("/drip/add-checkpoint", [](const httplib::Request&, httplib::Response& response) {
      response.set_content_provider(10000, "text/plain",
                                    [](std::size_t, std::size_t, httplib::DataSink& sink) {
                                      std::this_thread::sleep_for(std::chrono::milliseconds(100));
                                      return sink.write("x", 1);
                                    });
    });
    port_ = server_->bind_to_any_port("127.0.0.1");
    REQUIRE(port_ > 0);
    process_ =
        std::make_unique<ServingProcess>([this] { return server_->listen_after_bind() ? 0 : 1; });
  }

  [[nodiscard]] WitnessUrl url(const std::string& path, bool tls = false,
                               const std::string& host = "127.0.0.1") const {
    auto parsed = parse_witness_url((tls ? "https://" : "http://") + host + ':' +
                                    std::to_string(port_) + '/' + path);
    REQUIRE(parsed);
    return *parsed;
  }

 private:
  std::unique_ptr<Server> server_;
  std::unique_ptr<ServingProcess> process_;
  int port_ = 0;
};

using PlainResponder = Responder<httplib::Server>;
using TlsResponder = Responder<httplib::SSLServer>;

}  // namespace

TEST_CASE("any status is an answer, with its type and body") {
  const PlainResponder server(std::make_unique<httplib::Server>());
  HttpPost echo(server.url("echo"), "", kWait);
  for (const std::string body : {"first", "", "second"}) {
    auto reply = echo.post(body);
    REQUIRE(reply);
    CHECK(reply->status == 409);
    CHECK(reply->content_type == "text/x.tlog.size");
    CHECK(reply->body == body);
  }
  auto missing = HttpPost(server.url("missing"), "", kWait).post("x");
  REQUIRE(missing);
  CHECK(missing->status == 404);
}

TEST_CASE("a redirect is not followed, and an answer has an end") {
  const PlainResponder server(std::make_unique<httplib::Server>());
  auto away = HttpPost(server.url("away"), "", kWait).post("x");
  REQUIRE(away);
  CHECK(away->status == 307);
  CHECK_FALSE(HttpPost(server.url("long"), "", kWait).post("x"));
}

TEST_CASE("a server that drips can be left") {
  const PlainResponder server(std::make_unique<httplib::Server>());
  HttpPost drip(server.url("drip"), "", kWait);
  const auto begun = std::chrono::steady_clock::now();
  std::thread leaving([&drip] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    drip.stop();
  });
  CHECK_FALSE(drip.post("x"));
  leaving.join();
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
}

TEST_CASE("nobody at the port is an error") {
  auto reply = HttpPost({false, "127.0.0.1", 9, "/add-checkpoint"}, "", kWait).post("x");
  REQUIRE_FALSE(reply);
  CHECK(reply.error().message.rfind("no answer from the witness", 0) == 0);
}

TEST_CASE("https is believed only with a certificate for the very host") {
  const TemporaryFolder folder;
  const Identity ours("localhost");
  const Identity another("localhost");
  ours.save(folder.at("ours.pem"));
  another.save(folder.at("another.pem"));
  const TlsResponder server(
      std::make_unique<httplib::SSLServer>(ours.certificate.get(), ours.key.get()));
  const auto post = [&](bool tls, const std::string& host, const std::string& ca_file) {
    return HttpPost(server.url("echo", tls, host), ca_file, kWait).post("x");
  };

  auto reply = post(true, "localhost", folder.at("ours.pem"));
  REQUIRE(reply);
  CHECK(reply->body == "x");

  CHECK_FALSE(post(true, "localhost", ""));
  CHECK_FALSE(post(true, "localhost", folder.at("another.pem")));
  CHECK_FALSE(post(true, "127.0.0.1", folder.at("ours.pem")));
  CHECK_FALSE(post(true, "localhost", folder.at("none.pem")));
  CHECK_FALSE(post(false, "localhost", ""));
}
