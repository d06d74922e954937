// SPDX-License-Identifier: Apache-2.0
#include "gate/courier/courier.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <map>
#include <memory>

#include "catch.h"
#include "component/client/temporary_folder.h"
#include "component/courier/serving_process.h"
#include "gate/evidence/cosignature.h"
#include "gate/wire/courier_messages.h"
#include "gate/witness/cosigner.h"
#include "unit/witness/growing_log.h"

using namespace modgate;
using sample::fresh_key;
using sample::GrowingLog;
using sample::ServingProcess;
using sample::TemporaryFolder;

namespace {

const std::string kOrigin = "host.example.org/log";

std::string url_at(std::uint16_t port) {
  return "http://127.0.0.1:" + std::to_string(port) + "/w1";
}

/// A real witness of one log on loopback.
class RunningWitness {
 public:
  explicit RunningWitness(const SigningKey& log_key) {
    auto key = make_witness_key("audit.example.org/w1", folder_.at("key.pem"), folder_.at("vkey"));
    REQUIRE(key);
    verifier = key->verifier;
    auto state = StateDirectory::open(folder_.path());
    REQUIRE(state);
    WitnessedLogs logs;
    logs[kOrigin] = {kOrigin, {{kOrigin, SignatureType::ed25519, log_key.public_key()}}};
    auto witness = Cosigner::open(std::move(*key), std::move(logs), std::move(*state),
                                  [](const std::string&) {});
    REQUIRE(witness);
    witness_ = std::make_unique<Cosigner>(std::move(*witness));
    auto server = HttpServer::bind(
        "127.0.0.1", 0, "/w1/add-checkpoint",
        [this](const std::string& body) { return witness_->add_checkpoint(body, 1785492000); });
    REQUIRE(server);
    url = url_at(server->port());
    server_ = std::make_unique<HttpServer>(std::move(*server));
  }

  /// Before serve(): what it has seen already.
  void remember(const std::string& body) {
    REQUIRE(witness_->add_checkpoint(body, 1).status == 200);
  }
  void serve() {
    process_ = std::make_unique<ServingProcess>([this] {
      static_cast<void>(server_->serve());
      return 1;
    });
  }

  VerifierKey verifier;
  std::string url;

 private:
  TemporaryFolder folder_;
  std::unique_ptr<Cosigner> witness_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<ServingProcess> process_;
};

/// The recorder's end, and a courier at the other one.
class Recorder {
 public:
  Recorder() {
    auto ends = Channel::pair();
    REQUIRE(ends);
    recorder_ = std::move(ends->first);
    courier_ = std::make_unique<ServingProcess>([this, &ends] {
      recorder_.close();
      CourierSettings settings;
      settings.journal = [](const std::string&) {};
      return carry(std::move(ends->second), std::move(settings)) ? 0 : 1;
    });
  }

  void name(const std::vector<CourierWitness>& witnesses) { send(CourierWitnesses{witnesses}); }

  void send(const ToCourier& message) {
    auto bytes = encode_to_courier(message);
    REQUIRE(bytes);
    send_bytes(*bytes);
  }
  void send_bytes(const std::string& bytes) {
    REQUIRE(recorder_.send(bytes, BootClock::now() + std::chrono::seconds(10)));
  }

  /// The courier's next message.
  FromCourier hear() {
    auto message = recorder_.receive(kCourierBytes, 0, BootClock::now() + std::chrono::seconds(20));
    REQUIRE(message);
    REQUIRE(message->has_value());
    auto decoded = decode_from_courier((*message)->bytes);
    REQUIRE(decoded);
    return *decoded;
  }
  template <class Kind>
  Kind hear_a() {
    const FromCourier message = hear();
    REQUIRE(std::holds_alternative<Kind>(message));
    return std::get<Kind>(message);
  }

  void submit(const std::string& witness, const std::string& url, const GrowingLog& log,
              std::uint64_t old_size, std::uint64_t size, const SigningKey& key) {
    CourierSubmit submit{witness, url, old_size, size, {}, {}};
    for (const Digest& hash : log.proof(old_size, size)) {
      submit.proof.push_back(
          encode_base64({reinterpret_cast<const char*>(hash.data()), hash.size()}));
    }
    submit.checkpoint = format_note(log.checkpoint(size, key).note);
    send(submit);
  }

  void hang_up() { recorder_.close(); }
  int ended() { return courier_->ended(); }

 private:
  Channel recorder_;
  std::unique_ptr<ServingProcess> courier_;
};

/// A port on which connections are taken by the kernel and never answered.
class SilentPort {
 public:
  SilentPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(socket_.get(), generic, length) == 0);
    REQUIRE(::listen(socket_.get(), 8) == 0);
    REQUIRE(::getsockname(socket_.get(), generic, &length) == 0);
    port = ntohs(address.sin_port);
  }
  void close() { socket_.reset(); }

  std::uint16_t port = 0;

 private:
  Fd socket_;
};

bool is_cosigned(const CourierCosigned& cosigned, const GrowingLog& log, const SigningKey& key,
                 const VerifierKey& witness) {
  auto signature = parse_signature(cosigned.signatures);
  if (!signature) return false;
  return static_cast<bool>(
      verify_cosignature(log.checkpoint(cosigned.size, key).note.text, *signature, witness));
}

}  // namespace

TEST_CASE("checkpoints go to the witness and cosignatures come back") {
  const SigningKey key = fresh_key();
  const GrowingLog log(kOrigin);
  RunningWitness witness(key);
  witness.serve();
  Recorder recorder;
  recorder.name({{"w1", witness.url, witness.verifier.text()}});
  std::uint64_t size = 0;
  for (const std::uint64_t next : {3U, 4U, 11U}) {
    CHECK(recorder.hear_a<CourierNext>().accepted == size);
    recorder.submit("w1", witness.url, log, size, next, key);
    const auto cosigned = recorder.hear_a<CourierCosigned>();
    CHECK(cosigned.witness == "w1");
    CHECK(cosigned.size == next);
    CHECK(is_cosigned(cosigned, log, key, witness.verifier));
    size = next;
  }
}

TEST_CASE("a courier that begins anew learns from the witness where it stands") {
  const SigningKey key = fresh_key();
  const GrowingLog log(kOrigin);
  RunningWitness witness(key);
  witness.remember(log.body(0, 5, key));
  witness.serve();
  Recorder recorder;
  recorder.name({{"w1", witness.url, witness.verifier.text()}});
  CHECK(recorder.hear_a<CourierNext>().accepted == 0);
  recorder.submit("w1", witness.url, log, 0, 7, key);
  CHECK(recorder.hear_a<CourierNext>().accepted == 5);
  recorder.submit("w1", witness.url, log, 5, 7, key);
  CHECK(is_cosigned(recorder.hear_a<CourierCosigned>(), log, key, witness.verifier));
  CHECK(recorder.hear_a<CourierNext>().accepted == 7);
}

TEST_CASE("of a forked log nothing comes back") {
  const SigningKey key = fresh_key();
  const GrowingLog log(kOrigin);
  const GrowingLog fork(kOrigin, "b", 2);
  RunningWitness witness(key);
  witness.remember(log.body(0, 5, key));
  witness.serve();
  Recorder recorder;
  recorder.name({{"w1", witness.url, witness.verifier.text()}});
  CHECK(recorder.hear_a<CourierNext>().accepted == 0);
  recorder.submit("w1", witness.url, fork, 0, 7, key);
  CHECK(recorder.hear_a<CourierNext>().accepted == 5);
  recorder.submit("w1", witness.url, fork, 5, 7, key);
  CHECK(recorder.hear_a<CourierNext>().accepted == 5);
}

TEST_CASE("bad witnesses keep no good one waiting") {
  const SigningKey key = fresh_key();
  const GrowingLog log(kOrigin);
  RunningWitness good(key);
  good.serve();
  const SilentPort silent;
  SilentPort closed;
  closed.close();
  const std::map<std::string, std::string> urls = {
      {"good", good.url}, {"silent", url_at(silent.port)}, {"closed", url_at(closed.port)}};
  Recorder recorder;
  recorder.name({{"silent", urls.at("silent"), ""},
                 {"closed", urls.at("closed"), ""},
                 {"unspeakable", "ftp://nowhere", ""},
                 {"good", urls.at("good"), good.verifier.text()}});
  const auto begun = std::chrono::steady_clock::now();
  int cosigned = 0;
  int asked_for_closed = 0;
  // The closed one is asked again after its pause.
  while (cosigned < 20 || asked_for_closed < 2) {
    const FromCourier message = recorder.hear();
    if (const auto* const next = std::get_if<CourierNext>(&message)) {
      if (next->witness == "closed") ++asked_for_closed;
      recorder.submit(next->witness, urls.at(next->witness), log, next->accepted,
                      next->accepted + 1, key);
      continue;
    }
    CHECK(std::get<CourierCosigned>(message).witness == "good");
    ++cosigned;
    // The silent one alone is waited for 5 s.
    if (cosigned == 20) CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(4));
  }
}

TEST_CASE("it ends with the recorder, and where the witnesses change") {
  Recorder recorder;
  SECTION("hung up") {
    recorder.name({});
    recorder.hang_up();
    CHECK(recorder.ended() == 1);
  }
  SECTION("changed") {
    recorder.name({{"w1", "http://127.0.0.1:9", ""}});
    CHECK(recorder.hear_a<CourierNext>().witness == "w1");
    recorder.name({{"w1", "http://127.0.0.1:9", ""}});
    recorder.name({{"w1", "http://127.0.0.1:9/other", ""}});
    CHECK(recorder.ended() == 0);
  }
  SECTION("not understood") {
    recorder.send_bytes("nonsense");
    CHECK(recorder.ended() == 1);
  }
}

TEST_CASE("no recorder, no courier") {
  const TemporaryFolder folder;
  auto connected = connect_to_recorder(folder.at("courier.sock"));
  REQUIRE_FALSE(connected);
  CHECK(connected.error().message.find("modgate.service") != std::string::npos);
  CHECK_FALSE(connect_to_recorder(""));
  CHECK_FALSE(connect_to_recorder("/" + std::string(200, 'x')));
}
