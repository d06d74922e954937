// SPDX-License-Identifier: Apache-2.0
// log head, log prove, log verify-proof and log verify, as they are run.
#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "component/audit/kept_log.h"
#include "gate/cli/admin/commands.h"
#include "gate/evidence/cosignature.h"

using namespace modgate;
using sample::KeptLog;
using Json = nlohmann::json;

namespace {

struct Ran {
  int status = 0;
  std::string out;
};

/// Runs one command, its standard output in a file meanwhile.
Ran run(const Command& command, const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  const std::string name = command.name;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t end = std::min(name.find(' ', at), name.size());
    words.push_back(name.substr(at, end - at));
    at = end + 1;
  }
  words.insert(words.end(), arguments.begin(), arguments.end());
  const std::vector<Command> commands = {command};
  const auto line = parse_command_line(words, commands);
  REQUIRE(line);
  const sample::TemporaryDirectory folder;
  const std::string path = (folder.path() / "out").string();
  std::fflush(stdout);
  const Fd saved(::dup(STDOUT_FILENO));
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  REQUIRE(::dup2(file.get(), STDOUT_FILENO) == STDOUT_FILENO);
  Ran ran;
  ran.status = command.run(*line);
  std::fflush(stdout);
  REQUIRE(::dup2(saved.get(), STDOUT_FILENO) == STDOUT_FILENO);
  ran.out = sample::read_file(path);
  return ran;
}

struct Evidence : KeptLog {
  sample::TemporaryDirectory elsewhere;
  const std::string from = directory.path().string();
  const std::string key = sample::log_key().text();

  Evidence() { fill_kept(5); }
  using KeptLog::keep;
  [[nodiscard]] std::string keep(const std::string& name, const std::string& text) const {
    const std::string path = (elsewhere.path() / name).string();
    sample::write_file(path, text);
    return path;
  }
};

}  // namespace

TEST_CASE("the head is what a later log is held against") {
  const Evidence log;
  const Ran head = run(log_head_command(), {"--from", log.from, "--key", log.key});
  REQUIRE(head.status == 0);
  CHECK(head.out.starts_with(log.key + "\nhost/modgate/1\n5\n"));
  const std::string kept = log.keep("head", head.out);
  log.fill_kept(2);

  const std::vector<std::string> verify = {"--from", log.from,       "--key",
                                           log.key,  "--checkpoint", kept};
  Ran ran = run(log_verify_command(), verify);
  CHECK(ran.status == 0);
  CHECK_THAT(ran.out, Catch::Matchers::ContainsSubstring("7 records are whole and in order"));
  CHECK_THAT(ran.out, Catch::Matchers::ContainsSubstring("anchored up to record #5"));
  CHECK_THAT(ran.out,
             Catch::Matchers::ContainsSubstring("2 newer records are chained but not anchored"));

  const auto lines = sample::lines_of(sample::read_file(log.segment()));
  sample::write_file(log.segment(), sample::joined({lines.begin(), lines.begin() + 3}));
  ran = run(log_verify_command(), verify);
  CHECK(ran.status == 1);
  CHECK_THAT(ran.out, Catch::Matchers::ContainsSubstring("record #4 is shorter than a checkpoint"));
  const Json json = Json::parse(run(log_verify_command(), {"--json", "--from", log.from, "--key",
                                                           log.key, "--checkpoint", kept})
                                    .out);
  CHECK(json["verify"]["whole"] == false);
  CHECK(json["verify"]["broken"]["damage"] == "shorter than a checkpoint");
}

TEST_CASE("a key can be given as a file, and another's key proves nothing") {
  const Evidence log;
  const std::string file = log.keep("vkey", log.key + "\n");
  CHECK(run(log_verify_command(), {"--from", log.from, "--key", file}).status == 0);
  const VerifierKey other{sample::kLogName, SignatureType::ed25519, notes::key('m').public_key()};
  CHECK(run(log_verify_command(), {"--from", log.from, "--key", other.text()}).status == 1);
  CHECK(run(log_head_command(), {"--from", log.from, "--key", other.text()}).status == 1);
  CHECK(run(log_verify_command(), {"--from", log.from, "--key", "nonsense"}).status != 0);
  CHECK(run(log_verify_command(), {"--from", log.from, "--key", log.key, "--checkpoint", file})
            .status == 1);
}

TEST_CASE("a proof of one record holds without the log, and only as it was made") {
  const Evidence log;
  const Ran proof = run(log_prove_command(), {"--from", log.from, "3"});
  REQUIRE(proof.status == 0);
  CHECK(proof.out.starts_with("c2sp.org/tlog-proof@v1\n"));
  const std::string file = log.keep("3.tlog-proof", proof.out);
  const Ran checked = run(log_verify_proof_command(), {"--key", log.key, file});
  CHECK(checked.status == 0);
  CHECK_THAT(checked.out,
             Catch::Matchers::ContainsSubstring("record #3 of host/modgate/1, which had 5"));
  CHECK_THAT(checked.out, Catch::Matchers::ContainsSubstring(log.all_lines()[2].substr(0, 60)));

  std::string changed = proof.out;
  changed.replace(changed.find("index 2"), 7, "index 1");
  CHECK(run(log_verify_proof_command(), {"--key", log.key, log.keep("changed", changed)}).status ==
        1);
  CHECK(run(log_verify_proof_command(), {"--key", log.key, log.keep("none", "none")}).status == 1);
  CHECK(run(log_verify_proof_command(), {"--key", log.key, "/no/such/file"}).status == 1);
  CHECK(run(log_verify_proof_command(), {"--key", sample::witness_key().text(), file}).status == 2);
  CHECK(run(log_prove_command(), {"--from", log.from, "6"}).status == 1);
  for (const char* wrong : {"0", "x", "1x", "-1", "99999999999999999999"}) {
    CHECK(run(log_prove_command(), {"--from", log.from, "--", wrong}).status == 2);
  }
}

TEST_CASE("who names a witness wants its word") {
  const Evidence log;
  const std::string witness = sample::witness_key().text();
  const std::vector<std::string> prove = {"--from", log.from, "2"};
  const std::string without = log.keep("without", run(log_prove_command(), prove).out);
  CHECK(run(log_verify_proof_command(), {"--key", log.key, "--witness", witness, without}).status ==
        1);
  auto keeper = log.keep();
  REQUIRE(keeper);
  SignedCheckpoint newest = keeper->newest();
  newest.note.signatures.push_back(*cosign(newest.note.text, 1700000000, "w1", notes::key('w')));
  REQUIRE(keeper->keep_cosigned(newest, sample::witness_key()));
  log.fill_kept(1);
  // The cosigned checkpoint is worth more than the newest.
  const std::string with = log.keep("with", run(log_prove_command(), prove).out);
  const Ran checked =
      run(log_verify_proof_command(), {"--key", log.key, "--witness", witness, with});
  CHECK(checked.status == 0);
  CHECK_THAT(checked.out, Catch::Matchers::ContainsSubstring("witness w1, 2023-11-14T22:13:20Z"));

  const Ran verified =
      run(log_verify_command(), {"--from", log.from, "--key", log.key, "--witness", witness});
  CHECK(verified.status == 0);
  CHECK_THAT(verified.out,
             Catch::Matchers::ContainsSubstring("anchored up to record #5 (checkpoint cosigned."));
  CHECK_THAT(verified.out,
             Catch::Matchers::ContainsSubstring("1 newer record is chained but not anchored"));
}

TEST_CASE("a record that is not what was signed cannot be proven") {
  const Evidence log;
  auto lines = sample::lines_of(sample::read_file(log.segment()));
  lines[2].replace(lines[2].find("alice is"), 5, "mallo");
  sample::write_file(log.segment(), sample::joined(lines));
  CHECK(run(log_prove_command(), {"--from", log.from, "3"}).status == 1);
  CHECK(run(log_prove_command(), {"--from", log.from, "2"}).status == 0);
}
