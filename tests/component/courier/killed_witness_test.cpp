// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <future>
#include <memory>
#include <thread>

#include "catch.h"
#include "component/client/temporary_folder.h"
#include "component/courier/serving_process.h"
#include "gate/courier/http_post.h"
#include "gate/witness/cosigner.h"
#include "unit/witness/growing_log.h"

using namespace modgate;
using sample::fresh_key;
using sample::GrowingLog;
using sample::ServingProcess;
using sample::TemporaryFolder;

namespace {

const std::string kOrigin = "host.example.org/log";

/// A witness that is opened anew on the same state, as often as it is killed.
class Revenant {
 public:
  explicit Revenant(const SigningKey& log_key) {
    REQUIRE(make_witness_key("w", folder_.at("key.pem"), folder_.at("vkey")));
    logs_[kOrigin] = {kOrigin, {{kOrigin, SignatureType::ed25519, log_key.public_key()}}};
  }

  [[nodiscard]] std::unique_ptr<Cosigner> open() {
    auto key = read_witness_key(folder_.at("key.pem"), folder_.at("vkey"));
    REQUIRE(key);
    auto state = StateDirectory::open(folder_.path());
    REQUIRE(state);
    auto cosigner =
        Cosigner::open(std::move(*key), logs_, std::move(*state), [](const std::string&) {});
    REQUIRE(cosigner);
    return std::make_unique<Cosigner>(std::move(*cosigner));
  }

  /// The size that it knows, by the answer to a request that says a wrong one.
  std::uint64_t known(const GrowingLog& log, const SigningKey& key) {
    const auto cosigner = open();
    const HttpAnswer answer = cosigner->add_checkpoint(log.body(0, 1, key), 1);
    REQUIRE(answer.status == 409);
    return std::stoull(answer.body);
  }

 private:
  TemporaryFolder folder_;
  WitnessedLogs logs_;
};

}  // namespace

TEST_CASE("a witness that is killed has kept all that it answered") {
  const SigningKey key = fresh_key();
  const GrowingLog log(kOrigin);
  Revenant witness(key);
  std::uint64_t answered = 0;
  int killed_at_work = 0;
  for (int life = 0; life < 15; ++life) {
    auto cosigner = witness.open();
    auto server = HttpServer::bind(
        "127.0.0.1", 0, "/add-checkpoint",
        [&cosigner](const std::string& body) { return cosigner->add_checkpoint(body, 1); });
    REQUIRE(server);
    auto process = std::make_unique<ServingProcess>([&server] {
      static_cast<void>(server->serve());
      return 1;
    });
    HttpPost client({false, "127.0.0.1", server->port(), "/add-checkpoint"}, "",
                    std::chrono::milliseconds(2000));
    // The child alone serves, and holds the lock of the state.
    {
      const HttpServer closed = std::move(*server);
      cosigner.reset();
    }
    // It dies a moment after its first answer, however slow the machine is.
    std::promise<void> first;
    std::thread end([&process, &first, life] {
      first.get_future().wait();
      std::this_thread::sleep_for(std::chrono::milliseconds(2 * life));
      process.reset();
    });
    const std::uint64_t before = answered;
    while (answered < 20000) {
      auto reply = client.post(log.body(answered, answered + 1, key));
      if (!reply || reply->status != 200) {
        ++killed_at_work;
        break;
      }
      if (++answered == before + 1) first.set_value();
    }
    if (answered == before) first.set_value();
    end.join();
    CHECK(answered > before);
    const std::uint64_t known = witness.known(log, key);
    CHECK(known >= answered);
    // What was on disk and not answered is at most the one request under way.
    CHECK(known <= answered + 1);
    answered = known;
  }
  CHECK(killed_at_work > 0);
}
