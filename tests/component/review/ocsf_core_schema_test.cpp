// SPDX-License-Identifier: Apache-2.0
// Checks events for OCSF 1.1 against the JSON Schemas of OCSF 1.8.0, in which all of them must be
// valid too. The schemas are not part of the project: MODGATE_OCSF_DIR names their directory.
#include <sys/wait.h>

#include <cstdlib>
#include <iostream>

#include "component/review/written_log.h"
#include "gate/review/exports.h"

using namespace modgate;

namespace {

/// Exits 77 where jsonschema is not installed.
constexpr const char* kCheck = R"(
import glob, json, sys
try:
    from jsonschema import Draft7Validator
except ImportError:
    sys.exit(77)
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

std::string core_events() {
  std::string lines;
  EventView event;
  const Peer peer = sample::alice();
  for (int kind = 0; kind <= static_cast<int>(RecordKind::sign_off); ++kind) {
    for (const Outcome outcome : {Outcome::done, Outcome::failed, Outcome::denied}) {
      Record record = sample::outcome();
      record.kind = static_cast<RecordKind>(kind);
      record.outcome = outcome;
      Record bare;
      bare.kind = record.kind;
      bare.outcome = outcome;
      for (const Record& one : {record, bare}) {
        for (const Peer* who : {&peer, static_cast<const Peer*>(nullptr)}) {
          // Without a person there are only the helper's own.
          const bool helpers = one.kind >= RecordKind::start && one.kind <= RecordKind::policy;
          if (helpers != (who == nullptr)) continue;
          REQUIRE(event.parse(render_event(one, who, sample::stamp(), sample::origin()).line));
          lines += ocsf_core(event) + '\n';
        }
      }
    }
  }
  return lines;
}

}  // namespace

TEST_CASE("events for what reads OCSF 1.1 are valid in 1.8.0") {
  const char* const schemas = std::getenv("MODGATE_OCSF_DIR");
  int status = 0;
  if (schemas != nullptr) {
    const sample::TemporaryDirectory directory;
    const auto file = directory.path() / "events.jsonl";
    sample::write_file(file, core_events());
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::execlp("python3", "python3", "-c", kCheck, schemas, file.c_str(), nullptr);
      ::_exit(127);
    }
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
  }
  if (schemas == nullptr || WEXITSTATUS(status) == 77) {
    std::cout << "SKIPPED: events for OCSF 1.1 are not checked against the OCSF schemas: set "
                 "MODGATE_OCSF_DIR to their directory and install python3-jsonschema\n";
    WARN("skipped: no OCSF schemas");
    return;
  }
  CHECK(WEXITSTATUS(status) == 0);
}
