// SPDX-License-Identifier: Apache-2.0
// Checks events against the JSON Schemas of OCSF 1.8.0, which are not part of the project:
// MODGATE_OCSF_DIR names their directory.
#include <sys/wait.h>

#include <cstdlib>
#include <iostream>

#include "component/audit/log_fixture.h"
#include "gate/audit/classification.h"

using namespace modgate;

namespace {

constexpr const char* kCheck = R"(
import glob, json, sys
from jsonschema import Draft7Validator
validators = {}
for path in glob.glob(sys.argv[1] + '/ocsf-1.8.0-*.schema.json'):
    validators[int(path.split('ocsf-1.8.0-')[1].split('-')[0])] = Draft7Validator(json.load(open(path)))
wrong = 0
for line in open(sys.argv[2]):
    event = json.loads(line)
    for error in validators[event['class_uid']].iter_errors(event):
        wrong += 1
        print(event['class_uid'], list(error.path), error.message, file=sys.stderr)
sys.exit(1 if wrong else 0)
)";

std::string events() {
  const Peer peer = sample::alice();
  Peer bare;
  bare.uid = 0;
  std::string lines;
  const auto add = [&](const Record& record) {
    const bool helpers = classify(record).of.id >= 3004 && record.kind != RecordKind::sign_off;
    for (const Peer* who : {&peer, static_cast<const Peer*>(&bare)}) {
      lines +=
          render_event(record, helpers ? nullptr : who, sample::stamp(), sample::origin()).line;
      lines += '\n';
    }
  };
  for (int kind = 0; kind <= static_cast<int>(RecordKind::sign_off); ++kind) {
    for (int outcome = 0; outcome <= static_cast<int>(Outcome::unavailable); ++outcome) {
      Record record = sample::outcome();
      record.kind = static_cast<RecordKind>(kind);
      record.outcome = static_cast<Outcome>(outcome);
      record.code = "ENOEXEC";
      record.count = outcome == 3 ? 100 : 1;
      if (record.kind == RecordKind::retention) {
        record.removed = {1, 41, std::string(64, 'c'), 2, 4096, "age"};
      }
      add(record);
      Record bare_record;
      bare_record.kind = record.kind;
      bare_record.outcome = record.outcome;
      add(bare_record);
      record.reason = std::string(200'000, 'x');
      add(record);
    }
  }
  Record unknown = sample::outcome();
  unknown.outcome_unknown = true;
  add(unknown);
  return lines;
}

bool has_jsonschema() {
  const pid_t child = ::fork();
  if (child == 0) {
    ::execlp("python3", "python3", "-c", "import jsonschema", nullptr);
    ::_exit(127);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("events are valid in OCSF 1.8.0") {
  const char* const schemas = std::getenv("MODGATE_OCSF_DIR");
  if (schemas == nullptr || !has_jsonschema()) {
    std::cout << "SKIPPED: events are not checked against the OCSF schemas: set MODGATE_OCSF_DIR "
                 "to their directory and install python3-jsonschema\n";
    WARN("skipped: no OCSF schemas");
    return;
  }
  const sample::TemporaryDirectory directory;
  const auto file = directory.path() / "events.jsonl";
  sample::write_file(file, events());
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::execlp("python3", "python3", "-c", kCheck, schemas, file.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
