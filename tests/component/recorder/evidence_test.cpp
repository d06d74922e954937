// SPDX-License-Identifier: Apache-2.0
// The recorder with a key: what it signs, what the courier is given, what its word is worth.
#include <sys/socket.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>

#include "component/audit/log_fixture.h"
#include "gate/audit/evidence_files.h"
#include "gate/audit/uuid.h"
#include "gate/daemon/record_codec.h"
#include "gate/daemon/recorder.h"
#include "gate/daemon/recorder_link.h"
#include "gate/evidence/base64.h"
#include "gate/evidence/compact_range.h"
#include "gate/evidence/cosignature.h"
#include "gate/evidence/merkle.h"
#include "unit/evidence/notes.h"

using namespace modgate;
using modgate::sample::TestLog;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

const VerifierKey kLog{"host/modgate/5f0c2b6a", SignatureType::ed25519,
                       notes::key('l').public_key()};
const VerifierKey kWitness{"audit.example.org/w1", SignatureType::cosignature,
                           notes::key('w').public_key()};
const std::vector<CourierWitness> kWitnesses = {
    {kWitness.name, "https://audit.example.org/w1", kWitness.text()}};

Deadline soon() { return BootClock::now() + std::chrono::seconds(20); }

/// A log whose key lies beside it.
struct SignedLog : TestLog {
  sample::TemporaryDirectory keys;

  SignedLog() {
    REQUIRE(notes::key('l').to_pem([&](std::string_view pem) -> Status {
      sample::write_file(key(), std::string(pem));
      return Done{};
    }));
    fs::permissions(key(), fs::perms::owner_read);
  }
  [[nodiscard]] fs::path key() const { return keys.path() / "log.key"; }

  [[nodiscard]] SignedCheckpoint checkpoint(const std::string& name = kCheckpointName) const {
    const Fd opened(::open(directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    auto read = read_checkpoint(opened.get(), name);
    REQUIRE(read);
    REQUIRE(*read);
    REQUIRE(verify_checkpoint(**read, kLog));
    return **read;
  }
  [[nodiscard]] std::vector<Json> events() const {
    std::vector<Json> parsed;
    for (const std::string& line : all_lines()) parsed.push_back(Json::parse(line));
    return parsed;
  }
};

/// The recorder in a process of its own.
class Recorder {
 public:
  explicit Recorder(const SignedLog& log,
                    std::chrono::milliseconds anchor_time = std::chrono::seconds(20))
      : control_(start(log, anchor_time)) {}
  ~Recorder() {
    if (child_ > 0) stop();
  }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  RecorderControl& control() { return control_; }
  RecorderLink connect() {
    auto channel = control_.open_connection(sample::alice(), new_uuid());
    REQUIRE(channel);
    return RecorderLink(std::move(*channel));
  }
  Channel courier() {
    auto ends = Channel::pair();
    REQUIRE(ends);
    REQUIRE(control_.hand_over_courier(ends->second.release()));
    return std::move(ends->first);
  }
  int stop() {
    control_ = RecorderControl(Channel());
    int status = 0;
    REQUIRE(::waitpid(child_, &status, 0) == child_);
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  Channel start(const SignedLog& log, std::chrono::milliseconds anchor_time) {
    auto ends = Channel::pair();
    REQUIRE(ends);
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) {
      ends->first.close();
      RecorderSettings settings;
      settings.directory = log.directory.path().string();
      settings.key = LogKey{log.key().string(), kLog};
      settings.anchor_time = anchor_time;
      ::_exit(run_recorder(std::move(ends->second), settings));
    }
    return std::move(ends->first);
  }
  pid_t child_ = -1;
  RecorderControl control_;
};

template <class Kind>
Kind hear(Channel& courier) {
  auto message = courier.receive(kCourierBytes, 0, soon());
  REQUIRE(message);
  REQUIRE(*message);
  auto told = decode_to_courier((*message)->bytes);
  REQUIRE(told);
  REQUIRE(std::holds_alternative<Kind>(*told));
  return std::get<Kind>(*told);
}

bool is_silent(Channel& courier, std::chrono::milliseconds time = std::chrono::milliseconds(50)) {
  return !courier.receive(kCourierBytes, 0, BootClock::now() + time);
}

void say(Channel& courier, const FromCourier& message) {
  REQUIRE(courier.send(*encode_from_courier(message), soon()));
}

/// What the witness answers to the submission.
CourierCosigned cosigned(const CourierSubmit& submit, unsigned char key = 'w') {
  const auto checkpoint = parse_signed_checkpoint(submit.checkpoint);
  REQUIRE(checkpoint);
  return {
      submit.witness, submit.size,
      format_signature(*cosign(checkpoint->note.text, 1700000000, kWitness.name, notes::key(key)))};
}

/// As a witness judges it, who accepted `root` of `old_size` records.
bool is_accepted(const CourierSubmit& submit, const Digest& old_root) {
  const auto checkpoint = parse_signed_checkpoint(submit.checkpoint);
  if (!checkpoint || !verify_checkpoint(*checkpoint, kLog)) return false;
  MerkleProof proof;
  for (const std::string& line : submit.proof) {
    const auto bytes = decode_base64(line);
    if (!bytes || bytes->size() != 32) return false;
    Digest hash{};
    std::copy(bytes->begin(), bytes->end(), hash.begin());
    proof.push_back(hash);
  }
  return checkpoint->checkpoint.size == submit.size &&
         proves_consistency(proof, submit.old_size, old_root, submit.size,
                            checkpoint->checkpoint.root);
}

Record anchored_intent() {
  Record intent = sample::record(RecordKind::intent);
  intent.anchor = true;
  return intent;
}

}  // namespace

TEST_CASE("the recorder signs what it recorded, and goes on in the same tree") {
  const SignedLog log;
  SignedCheckpoint first;
  {
    Recorder recorder(log);
    REQUIRE(recorder.control().await_ready(soon()));
    REQUIRE(recorder.connect().record(sample::record(RecordKind::refusal), soon()));
    CHECK(recorder.stop() == 0);
    first = log.checkpoint();
    CHECK(first.checkpoint.size == 1);
  }
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  REQUIRE(recorder.connect().record(sample::record(RecordKind::refusal), soon()));
  CHECK(recorder.stop() == 0);
  const SignedCheckpoint second = log.checkpoint();
  CHECK(second.checkpoint.size == 2);
  CompactRange range;
  for (const std::string& line : log.all_lines()) range.append(leaf_hash(line));
  CHECK(second.checkpoint.root == range.root());
}

TEST_CASE("the recorder does not begin without its key, or with what could be another's") {
  const SignedLog log;
  const auto refusal = [&] {
    Recorder recorder(log);
    const Status ready = recorder.control().await_ready(soon());
    REQUIRE_FALSE(ready);
    CHECK(recorder.stop() == 1);
    return ready.error().message;
  };
  SECTION("missing") {
    fs::remove(log.key());
    CHECK_THAT(refusal(), Catch::Matchers::ContainsSubstring("--make-log-key"));
  }
  SECTION("readable by others") {
    fs::permissions(log.key(), fs::perms::owner_read | fs::perms::group_read);
    CHECK_THAT(refusal(), Catch::Matchers::ContainsSubstring("0400"));
  }
  SECTION("a link") {
    fs::rename(log.key(), log.keys.path() / "elsewhere");
    fs::create_symlink("elsewhere", log.key());
    CHECK_THAT(refusal(), Catch::Matchers::ContainsSubstring("log.key"));
  }
  SECTION("of another log") {
    fs::remove(log.key());
    REQUIRE(notes::key('m').to_pem([&](std::string_view pem) -> Status {
      sample::write_file(log.key(), std::string(pem));
      return Done{};
    }));
    fs::permissions(log.key(), fs::perms::owner_read);
    CHECK_THAT(refusal(), Catch::Matchers::ContainsSubstring("not the key of"));
  }
  CHECK(log.all_lines().empty());
}

TEST_CASE("a log that was cut off is not served, and served again when it is brought back") {
  const SignedLog log;
  {
    Recorder recorder(log);
    REQUIRE(recorder.control().await_ready(soon()));
    for (int count = 0; count < 3; ++count) {
      REQUIRE(recorder.connect().record(sample::record(RecordKind::refusal), soon()));
    }
  }
  const std::string whole = sample::read_file(log.segment());
  const auto lines = sample::lines_of(whole);
  sample::write_file(log.segment(), sample::joined({lines.begin(), lines.begin() + 2}));
  {
    Recorder recorder(log);
    const Status ready = recorder.control().await_ready(soon());
    REQUIRE_FALSE(ready);
    CHECK_THAT(ready.error().message, Catch::Matchers::ContainsSubstring("ends with record 2"));
  }
  sample::write_file(log.segment(), whole);
  Recorder recorder(log);
  CHECK(recorder.control().await_ready(soon()));
}

TEST_CASE("what the next start would record does not stand in for what was cut off or edited") {
  const SignedLog log;
  {
    Recorder recorder(log);
    REQUIRE(recorder.control().await_ready(soon()));
    // A helper that served and ended without a word is recorded by the next start.
    Record start;
    start.kind = RecordKind::start;
    REQUIRE(recorder.control().record(start, soon()));
    REQUIRE(recorder.connect().record(sample::record(RecordKind::refusal), soon()));
  }
  const std::string whole = sample::read_file(log.segment());
  const auto lines = sample::lines_of(whole);
  const auto refusal = [&](const std::string& text) {
    sample::write_file(log.segment(), text);
    Recorder recorder(log);
    const Status ready = recorder.control().await_ready(soon());
    REQUIRE_FALSE(ready);
    CHECK(sample::read_file(log.segment()) == text);
    return ready.error().message;
  };
  CHECK_THAT(refusal(sample::joined({lines.begin(), lines.end() - 1})),
             Catch::Matchers::ContainsSubstring("its checkpoint is of record"));
  std::string edited = whole;
  edited.replace(edited.rfind("alice"), 5, "mallo");
  CHECK_THAT(refusal(edited), Catch::Matchers::ContainsSubstring("not the one that was signed"));
  sample::write_file(log.segment(), whole);
  Recorder recorder(log);
  CHECK(recorder.control().await_ready(soon()));
}

TEST_CASE("the courier is told the witnesses and given a checkpoint that they accept") {
  const SignedLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  REQUIRE(recorder.control().set_witnesses(kWitnesses));
  Channel courier = recorder.courier();
  CHECK(hear<CourierWitnesses>(courier).witnesses == kWitnesses);

  // Nothing is there to be given yet: the answer comes with the first record.
  say(courier, CourierNext{kWitness.name, 0});
  CHECK(is_silent(courier));
  REQUIRE(recorder.connect().record(sample::record(RecordKind::refusal), soon()));
  const auto first = hear<CourierSubmit>(courier);
  CHECK(first.url == kWitnesses[0].url);
  CHECK(first.old_size == 0);
  CHECK(first.size == 1);
  CHECK(is_accepted(first, empty_root()));
  const Digest first_root = parse_signed_checkpoint(first.checkpoint)->checkpoint.root;
  say(courier, cosigned(first));

  REQUIRE(recorder.connect().record(sample::record(RecordKind::refusal), soon()));
  say(courier, CourierNext{kWitness.name, 1});
  const auto second = hear<CourierSubmit>(courier);
  CHECK(second.old_size == 1);
  CHECK(second.size == 2);
  CHECK(is_accepted(second, first_root));
  CHECK_FALSE(is_accepted(second, empty_root()));

  // The cosignature came before that, and stands beside the log.
  const SignedCheckpoint kept = log.checkpoint(cosigned_name(kWitness.id()));
  CHECK(kept.checkpoint.size == 1);
  CHECK(*find_cosignature(kept.note, kWitness) == 1700000000);

  // A policy that is read anew while a checkpoint is under way loses nothing.
  REQUIRE(recorder.control().set_witnesses(kWitnesses));
  CHECK(hear<CourierWitnesses>(courier).witnesses == kWitnesses);
  say(courier, cosigned(second));
  say(courier, CourierNext{kWitness.name, 2});
  REQUIRE(recorder.control().set_witnesses({}));
  CHECK(hear<CourierWitnesses>(courier).witnesses.empty());
  CHECK(recorder.stop() == 0);
}

TEST_CASE("a cosignature of the newest checkpoint stands under it, also after a restart") {
  const SignedLog log;
  {
    Recorder recorder(log);
    REQUIRE(recorder.control().await_ready(soon()));
    REQUIRE(recorder.control().set_witnesses(kWitnesses));
    Channel courier = recorder.courier();
    hear<CourierWitnesses>(courier);
    RecorderLink session = recorder.connect();
    REQUIRE(session.post(anchored_intent(), soon()));
    say(courier, CourierNext{kWitness.name, 0});
    say(courier, cosigned(hear<CourierSubmit>(courier)));
    REQUIRE(session.await_receipt(soon()));
    CHECK(find_cosignature(log.checkpoint().note, kWitness));
    REQUIRE(session.record(sample::outcome(), soon()));
    CHECK_FALSE(find_cosignature(log.checkpoint().note, kWitness));
  }
  CHECK(log.checkpoint(cosigned_name(kWitness.id())).checkpoint.size == 1);
  CHECK(log.checkpoint().checkpoint.size == 2);
}

TEST_CASE("a new courier takes the place of the old one") {
  const SignedLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  REQUIRE(recorder.control().set_witnesses(kWitnesses));
  Channel old_one = recorder.courier();
  hear<CourierWitnesses>(old_one);
  Channel new_one = recorder.courier();
  hear<CourierWitnesses>(new_one);
  const auto gone = old_one.receive(kCourierBytes, 0, soon());
  CHECK((gone && !*gone));
  REQUIRE(recorder.connect().record(sample::record(RecordKind::refusal), soon()));
  say(new_one, CourierNext{kWitness.name, 0});
  CHECK(hear<CourierSubmit>(new_one).size == 1);
}

TEST_CASE("an intent that a witness must acknowledge has its receipt when one did") {
  const SignedLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  REQUIRE(recorder.control().set_witnesses(kWitnesses));
  Channel courier = recorder.courier();
  hear<CourierWitnesses>(courier);
  say(courier, CourierNext{kWitness.name, 0});
  RecorderLink session = recorder.connect();
  REQUIRE(session.post(anchored_intent(), soon()));
  const auto submit = hear<CourierSubmit>(courier);
  // On disk it is, and yet nothing is granted.
  CHECK(log.events().size() == 1);
  CHECK(log.events()[0]["unmapped"]["modgate"]["anchor"] == "before-load");
  CHECK_FALSE(session.await_receipt(BootClock::now() + std::chrono::milliseconds(50)));

  SECTION("the witness's word") {
    say(courier, cosigned(submit));
    const auto receipt = session.await_receipt(soon());
    REQUIRE(receipt);
    CHECK(receipt->sequence == 1);
    CHECK(receipt->digests.size() == 2);
    // A record that no witness has seen needs none where no rule asks for it.
    CHECK(session.record(sample::outcome(), soon()));
  }
  SECTION("a word of somebody else, or on another checkpoint") {
    say(courier, cosigned(submit, 'x'));
    CourierCosigned other = cosigned(submit);
    other.size = 2;
    say(courier, other);
    other = cosigned(submit);
    other.witness = "another";
    say(courier, other);
    CourierSubmit altered = submit;
    altered.checkpoint.replace(altered.checkpoint.find("\n1\n"), 3, "\n2\n");
    say(courier, cosigned(altered));
    CHECK_FALSE(session.await_receipt(BootClock::now() + std::chrono::milliseconds(100)));
    CHECK_FALSE(fs::exists(log.directory.path() / cosigned_name(kWitness.id())));
    // Its liar's connection is of use again once it says what is true.
    say(courier, cosigned(submit));
    CHECK(session.await_receipt(soon()));
  }
  SECTION("a session that hangs up meanwhile") {
    session = RecorderLink(Channel());
    CHECK(recorder.stop() == 0);
    const auto events = log.events();
    REQUIRE(events.size() == 2);
    CHECK(events[1]["unmapped"]["modgate"]["outcome"] == "unknown");
  }
}

TEST_CASE("a witness's word that was lost on its way is asked for again") {
  const SignedLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  REQUIRE(recorder.control().set_witnesses(kWitnesses));
  RecorderLink session = recorder.connect();
  REQUIRE(session.post(anchored_intent(), soon()));
  CourierSubmit lost;
  {
    Channel courier = recorder.courier();
    static_cast<void>(hear<CourierWitnesses>(courier));
    say(courier, CourierNext{kWitness.name, 0});
    lost = hear<CourierSubmit>(courier);
    // The witness cosigns, and the courier dies before it brings that.
  }
  Channel courier = recorder.courier();
  static_cast<void>(hear<CourierWitnesses>(courier));
  say(courier, CourierNext{kWitness.name, lost.size});
  const auto again = hear<CourierSubmit>(courier);
  CHECK(again.old_size == lost.size);
  CHECK(again.size == lost.size);
  CHECK(again.proof.empty());
  CHECK(is_accepted(again, parse_signed_checkpoint(lost.checkpoint)->checkpoint.root));
  // Once is enough: who says the same again has nothing to bring.
  say(courier, CourierNext{kWitness.name, lost.size});
  CHECK(is_silent(courier));
  say(courier, cosigned(again));
  CHECK(session.await_receipt(soon()));
}

TEST_CASE("without a witness's word in time an intent is refused, and that is recorded") {
  const SignedLog log;
  Recorder recorder(log, std::chrono::milliseconds(100));
  REQUIRE(recorder.control().await_ready(soon()));
  REQUIRE(recorder.control().set_witnesses(kWitnesses));
  RecorderLink session = recorder.connect();
  const auto refused = session.record(anchored_intent(), soon());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().outcome == Outcome::unavailable);
  CHECK_THAT(refused.error().message,
             Catch::Matchers::ContainsSubstring("no witness has acknowledged"));
  // As the session does it.
  Record refusal = sample::record(RecordKind::refusal);
  refusal.outcome = refused.error().outcome;
  refusal.message = refused.error().message;
  REQUIRE(session.record(refusal, soon()));
  // What needs no witness is served all the while.
  CHECK(recorder.connect().record(sample::record(RecordKind::intent), soon()));
  const auto events = log.events();
  REQUIRE(events.size() >= 2);
  CHECK(events[0]["unmapped"]["modgate"]["kind"] == "intent");
  CHECK(events[1]["unmapped"]["modgate"]["kind"] == "outcome");
  CHECK(events[1]["unmapped"]["modgate"]["outcome"] == "unavailable");
}

TEST_CASE("where the policy has no witness an intent that wants one is not even recorded") {
  const SignedLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  const auto refused = recorder.connect().record(anchored_intent(), soon());
  REQUIRE_FALSE(refused);
  CHECK(log.all_lines().empty());
}

TEST_CASE("a witness that has seen a longer log is a finding, once") {
  const SignedLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  REQUIRE(recorder.control().set_witnesses(kWitnesses));
  Channel courier = recorder.courier();
  hear<CourierWitnesses>(courier);
  say(courier, CourierNext{kWitness.name, 40});
  say(courier, CourierNext{kWitness.name, 41});
  CHECK(is_silent(courier));
  CHECK(recorder.stop() == 0);
  const auto events = log.events();
  REQUIRE(events.size() == 1);
  CHECK(events[0]["unmapped"]["modgate"]["kind"] == "recovery");
  CHECK_THAT(events[0]["message"].get<std::string>(),
             Catch::Matchers::ContainsSubstring("seen record 40"));
}

TEST_CASE("a courier that breaks the form is hung up on, and the recorder serves on") {
  const SignedLog log;
  Recorder recorder(log);
  REQUIRE(recorder.control().await_ready(soon()));
  REQUIRE(recorder.control().set_witnesses(kWitnesses));
  Channel courier = recorder.courier();
  hear<CourierWitnesses>(courier);
  REQUIRE(courier.send(std::string("what=submit\0", 12), soon()));
  const auto gone = courier.receive(kCourierBytes, 0, soon());
  CHECK((gone && !*gone));
  CHECK(recorder.connect().record(sample::record(RecordKind::refusal), soon()));
}
