// SPDX-License-Identifier: Apache-2.0
#include "gate/witness/cosigner.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "catch.h"
#include "component/client/temporary_folder.h"
#include "gate/evidence/cosignature.h"
#include "gate/witness/small_file.h"
#include "unit/witness/growing_log.h"

using namespace modgate;
using sample::fresh_key;
using sample::GrowingLog;
using sample::TemporaryFolder;

namespace {

constexpr std::uint64_t kNow = 1785492000;
const std::string kOrigin = "host.example.org/log";

/// A witness of one log, with a folder for its state that outlives it.
class Scene {
 public:
  Scene() : log_key(fresh_key()), log(kOrigin), fork(kOrigin, "b", 5) {
    auto made = make_witness_key("audit.example.org/w1", folder.at("key.pem"), folder.at("vkey"));
    REQUIRE(made);
    verifier = made->verifier;
    REQUIRE(::mkdir(folder.at("state").c_str(), 0700) == 0);
  }

  [[nodiscard]] Result<Cosigner> open() {
    auto key = read_witness_key(folder.at("key.pem"), folder.at("vkey"));
    REQUIRE(key);
    WitnessedLogs logs;
    logs[kOrigin] = {kOrigin, {{kOrigin, SignatureType::ed25519, log_key.public_key()}}};
    auto state = StateDirectory::open(folder.at("state"));
    REQUIRE(state);
    return Cosigner::open(std::move(*key), std::move(logs), std::move(*state),
                          [this](const std::string& line) { journal.push_back(line); });
  }

  [[nodiscard]] std::string state_file() const {
    return folder.at("state/" + StateDirectory::file_name(kOrigin));
  }
  [[nodiscard]] std::string stored() const {
    auto note = read_small_file(state_file(), StateDirectory::kMostBytes);
    REQUIRE(note);
    return *note;
  }

  TemporaryFolder folder;
  SigningKey log_key;
  GrowingLog log;
  GrowingLog fork;
  VerifierKey verifier;
  std::vector<std::string> journal;
};

}  // namespace

TEST_CASE("a cosignature says when, and verifies over the very checkpoint") {
  Scene scene;
  auto witness = scene.open();
  REQUIRE(witness);
  const HttpAnswer answer = witness->add_checkpoint(scene.log.body(0, 7, scene.log_key), kNow);
  REQUIRE(answer.status == 200);
  SignedCheckpoint checkpoint = scene.log.checkpoint(7, scene.log_key);
  auto cosignature = parse_signature(answer.body);
  REQUIRE(cosignature);
  auto time = verify_cosignature(checkpoint.note.text, *cosignature, scene.verifier);
  REQUIRE(time);
  CHECK(*time == kNow);
  const std::string other = scene.log.checkpoint(8, scene.log_key).note.text;
  CHECK_FALSE(verify_cosignature(other, *cosignature, scene.verifier));
}

TEST_CASE("what is kept is the checkpoint with both signatures, ready for an auditor") {
  Scene scene;
  auto witness = scene.open();
  REQUIRE(witness);
  SignedCheckpoint asked = scene.log.checkpoint(7, scene.log_key);
  asked.note.signatures.push_back(*sign_note(asked.note.text, "passer-by", fresh_key()));
  REQUIRE(witness->add_checkpoint(GrowingLog::body_of(0, {}, asked), kNow).status == 200);
  auto kept = parse_signed_checkpoint(scene.stored());
  REQUIRE(kept);
  CHECK(kept->checkpoint.size == 7);
  CHECK(kept->note.signatures.size() == 2);
  CHECK(verify_checkpoint(*kept, {kOrigin, SignatureType::ed25519, scene.log_key.public_key()}));
  CHECK(*find_cosignature(kept->note, scene.verifier) == kNow);
}

TEST_CASE("every refusal has the status of the specification and leaves the state") {
  Scene scene;
  auto witness = scene.open();
  REQUIRE(witness);
  REQUIRE(witness->add_checkpoint(scene.log.body(0, 7, scene.log_key), kNow).status == 200);
  const std::string before = scene.stored();
  struct Row {
    const char* what;
    std::string body;
    int status;
    std::string says;
  };
  const GrowingLog stranger("stranger.example.org/log");
  const std::vector<Row> rows = {
      {"nothing", "", 400, "old SIZE"},
      {"shrinking", scene.log.body(7, 3, scene.log_key), 400, "greater"},
      {"another key", scene.log.body(7, 9, fresh_key()), 403, "no key"},
      {"another origin", stranger.body(7, 9, scene.log_key), 404, "does not serve"},
      {"another size", scene.log.body(3, 9, scene.log_key), 409, "7\n"},
      {"a first contact again", scene.log.body(0, 9, scene.log_key), 409, "7\n"},
      {"a fork of the same size", scene.fork.body(7, 7, scene.log_key), 409, "7\n"},
      {"a fork that grows", scene.fork.body(7, 9, scene.log_key), 422, "size 7"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const HttpAnswer answer = witness->add_checkpoint(row.body, kNow + 1);
    CHECK(answer.status == row.status);
    CHECK(answer.body.find(row.says) != std::string::npos);
    CHECK((answer.content_type == "text/x.tlog.size") == (row.status == 409));
    CHECK(answer.body.find("\u2014 ") == std::string::npos);
    CHECK(scene.stored() == before);
  }
  CHECK(witness->add_checkpoint(scene.log.body(7, 9, scene.log_key), kNow + 1).status == 200);
}

TEST_CASE("a fork that the log itself signed is kept for the operator, a stranger's word is not") {
  Scene scene;
  auto witness = scene.open();
  REQUIRE(witness);
  REQUIRE(witness->add_checkpoint(scene.log.body(0, 7, scene.log_key), kNow).status == 200);
  REQUIRE(witness->add_checkpoint(scene.fork.body(7, 7, fresh_key()), kNow).status == 403);
  CHECK(scene.journal.empty());
  REQUIRE(witness->add_checkpoint(scene.fork.body(7, 7, scene.log_key), kNow).status == 409);
  REQUIRE(scene.journal.size() == 1);
  CHECK(scene.journal[0].find(format_note(scene.fork.checkpoint(7, scene.log_key).note)) !=
        std::string::npos);
}

TEST_CASE("a witness remembers over a restart") {
  Scene scene;
  {
    auto witness = scene.open();
    REQUIRE(witness);
    REQUIRE(witness->add_checkpoint(scene.log.body(0, 7, scene.log_key), kNow).status == 200);
  }
  auto witness = scene.open();
  REQUIRE(witness);
  CHECK(witness->add_checkpoint(scene.fork.body(0, 4, scene.log_key), kNow).status == 409);
  CHECK(witness->add_checkpoint(scene.fork.body(7, 9, scene.log_key), kNow).status == 422);
  CHECK(witness->add_checkpoint(scene.log.body(7, 9, scene.log_key), kNow).status == 200);
}

TEST_CASE("a damaged state is no first contact") {
  Scene scene;
  {
    auto witness = scene.open();
    REQUIRE(witness);
    REQUIRE(witness->add_checkpoint(scene.log.body(0, 7, scene.log_key), kNow).status == 200);
  }
  std::string kept = scene.stored();
  const auto damage = GENERATE(0, 1, 2, 3);
  if (damage == 0) kept.clear();
  if (damage == 1) kept.resize(kept.size() / 2);
  if (damage == 2) kept.replace(kept.find("\n7\n"), 3, "\n6\n");
  if (damage == 3) kept = format_note(scene.log.checkpoint(7, scene.log_key).note);
  std::ofstream(scene.state_file()) << kept;
  auto witness = scene.open();
  REQUIRE_FALSE(witness);
  CHECK(witness.error().message.find(kOrigin) != std::string::npos);
  CHECK(witness.error().message.find("bring back") != std::string::npos);
}

TEST_CASE("a state that is damaged while the witness runs stops the cosigning") {
  Scene scene;
  auto witness = scene.open();
  REQUIRE(witness);
  REQUIRE(witness->add_checkpoint(scene.log.body(0, 7, scene.log_key), kNow).status == 200);
  std::ofstream(scene.state_file()) << "x";
  const HttpAnswer answer = witness->add_checkpoint(scene.log.body(7, 9, scene.log_key), kNow);
  CHECK(answer.status == 500);
  CHECK(answer.body.find(kOrigin) == std::string::npos);
  CHECK(scene.journal.size() == 1);
}

TEST_CASE("no cosignature leaves a witness that cannot write its state") {
  Scene scene;
  auto witness = scene.open();
  REQUIRE(witness);
  REQUIRE(witness->add_checkpoint(scene.log.body(0, 7, scene.log_key), kNow).status == 200);
  std::filesystem::create_directory(scene.state_file() + ".new");
  const HttpAnswer answer = witness->add_checkpoint(scene.log.body(7, 9, scene.log_key), kNow);
  CHECK(answer.status == 500);
  CHECK(answer.body.find("\u2014 ") == std::string::npos);
  std::filesystem::remove(scene.state_file() + ".new");
  // What was refused was never seen: the fork can still be cosigned in its place.
  CHECK(witness->add_checkpoint(scene.log.body(7, 8, scene.log_key), kNow).status == 200);
}

TEST_CASE("of requests that race only one chain is cosigned") {
  Scene scene;
  auto witness = scene.open();
  REQUIRE(witness);
  REQUIRE(witness->add_checkpoint(scene.log.body(0, 5, scene.log_key), kNow).status == 200);
  constexpr std::uint64_t kEnd = 12;
  std::vector<std::string> bodies;
  for (const GrowingLog* story : {&scene.log, &scene.fork}) {
    for (std::uint64_t from = 5; from < kEnd; ++from) {
      for (std::uint64_t to = from + 1; to <= kEnd; ++to) {
        bodies.push_back(story->body(from, to, scene.log_key));
      }
    }
  }
  std::mutex mutex;
  std::vector<std::pair<std::uint64_t, std::string>> cosigned;  // size, text
  std::vector<std::thread> threads;
  for (unsigned thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::size_t step = 0; step < 2 * bodies.size(); ++step) {
        const std::string& body = bodies[(step * 7 + thread * 13) % bodies.size()];
        if (witness->add_checkpoint(body, kNow).status != 200) continue;
        auto request = parse_add_checkpoint(body);
        const std::lock_guard<std::mutex> lock(mutex);
        cosigned.emplace_back(request->checkpoint.checkpoint.size, request->checkpoint.note.text);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  REQUIRE_FALSE(cosigned.empty());
  // Each size once, and all of one story.
  std::set<std::uint64_t> sizes;
  bool of_the_log = true;
  bool of_the_fork = true;
  for (const auto& [size, text] : cosigned) {
    CHECK(sizes.insert(size).second);
    of_the_log = of_the_log && text == scene.log.checkpoint(size, scene.log_key).note.text;
    of_the_fork = of_the_fork && text == scene.fork.checkpoint(size, scene.log_key).note.text;
  }
  CHECK((of_the_log || of_the_fork));
}

TEST_CASE("a key is made once and belongs to its name") {
  const TemporaryFolder folder;
  auto made = make_witness_key("audit.example.org/w1", folder.at("key.pem"), folder.at("vkey"));
  REQUIRE(made);
  struct stat about = {};
  REQUIRE(::stat(folder.at("key.pem").c_str(), &about) == 0);
  CHECK((about.st_mode & 07777) == 0400);
  auto read = read_witness_key(folder.at("key.pem"), folder.at("vkey"));
  REQUIRE(read);
  CHECK(read->verifier == made->verifier);
  CHECK(read->verifier.type == SignatureType::cosignature);
  CHECK(read->signing.public_key() == made->signing.public_key());

  CHECK_FALSE(make_witness_key("other", folder.at("key.pem"), folder.at("vkey2")));
  CHECK_FALSE(std::filesystem::exists(folder.at("vkey2")));
  CHECK_FALSE(make_witness_key("other", folder.at("key2.pem"), folder.at("vkey")));
  CHECK_FALSE(std::filesystem::exists(folder.at("key2.pem")));
  CHECK_FALSE(make_witness_key("a name", folder.at("key3.pem"), folder.at("vkey3")));

  REQUIRE(make_witness_key("audit.example.org/w1", folder.at("key4.pem"), folder.at("vkey4")));
  auto mixed = read_witness_key(folder.at("key.pem"), folder.at("vkey4"));
  REQUIRE_FALSE(mixed);
  CHECK(mixed.error().message.find("is not the verifier key of") != std::string::npos);
  auto missing = read_witness_key(folder.at("none"), folder.at("vkey"));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.find("--make-key") != std::string::npos);
}

TEST_CASE("logs are read from a file or a folder") {
  const TemporaryFolder folder;
  CHECK_FALSE(read_witnessed_logs(folder.path()));
  const auto vkey = [](const std::string& name) {
    return VerifierKey{name, SignatureType::ed25519, fresh_key().public_key()}.text() + '\n';
  };
  std::ofstream(folder.at("a.vkey")) << vkey("a");
  std::ofstream(folder.at("b.vkey")) << vkey("b");
  std::ofstream(folder.at("notes.txt")) << "not looked at\n";
  auto logs = read_witnessed_logs(folder.path());
  REQUIRE(logs);
  CHECK(logs->size() == 2);
  auto one = read_witnessed_logs(folder.at("a.vkey"));
  REQUIRE(one);
  CHECK(one->contains("a"));
  CHECK_FALSE(read_witnessed_logs(folder.at("missing")));
  std::ofstream(folder.at("c.vkey")) << "nonsense\n";
  auto broken = read_witnessed_logs(folder.path());
  REQUIRE_FALSE(broken);
  CHECK(broken.error().message.find("c.vkey:1: ") != std::string::npos);
}
