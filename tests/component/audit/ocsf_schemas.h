// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <iostream>

#include "component/audit/log_fixture.h"

namespace modgate::sample {

/// Holds stored events, one a line, against the JSON Schemas of OCSF 1.8.0, which are not part of
/// the project: MODGATE_OCSF_DIR names their directory. Says so loudly where they, or
/// python3-jsonschema, are missing.
inline void check_against_ocsf(const std::string& events) {
  // Exits 77 where jsonschema is not installed.
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
  constexpr int kMissing = 77;
  const char* const schemas = std::getenv("MODGATE_OCSF_DIR");
  int status = 0;
  if (schemas != nullptr) {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "events.jsonl";
    write_file(file, events);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::execlp("python3", "python3", "-c", kCheck, schemas, file.c_str(), nullptr);
      ::_exit(kMissing);
    }
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
  }
  if (schemas == nullptr || WEXITSTATUS(status) == kMissing) {
    std::cout << "SKIPPED: events are not checked against the OCSF schemas: set MODGATE_OCSF_DIR "
                 "to their directory and install python3-jsonschema\n";
    WARN("skipped: no OCSF schemas");
    return;
  }
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace modgate::sample
