// SPDX-License-Identifier: Apache-2.0
// A whole request through the story (gate/pipeline.cpp), the recorder's rules and the loader, in a
// world that does whatever the bytes say.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "gate/pipeline.h"
#include "tests/fuzz/daemon_session/chosen_policy.h"
#include "tests/fuzz/daemon_session/chosen_world.h"

using namespace modgate;

namespace {

Request chosen_request(FuzzedDataProvider& bytes) {
  constexpr std::array kVerbs = {Verb::load,      Verb::load,        Verb::unload, Verb::reload,
                                 Verb::plan_load, Verb::plan_unload, Verb::list,   Verb::status};
  Request request;
  request.verb = kVerbs.at(bytes.ConsumeIntegralInRange<std::size_t>(0, kVerbs.size() - 1));
  request.handed_over = request.verb == Verb::reload ||
                        (action_of(request.verb) == Action::load && bytes.ConsumeBool());
  if (request.handed_over) {
    request.file_label = "./mydrv.ko";
  } else {
    request.modules = {"dummy"};
  }
  if (action_of(request.verb) == Action::load && bytes.ConsumeBool()) {
    request.parameters = {
        {bytes.ConsumeBool() ? "count" : "mode", bytes.ConsumeRandomLengthString(8)}};
    std::erase(request.parameters.front().value, '\0');
  }
  if (bytes.ConsumeBool()) request.reason = chosen_of<3>(bytes, {"ABC-12", "because", ""});
  request.interactive = bytes.ConsumeBool();
  return request;
}

bool changes_something(Verb verb) {
  return verb == Verb::load || verb == Verb::unload || verb == Verb::reload;
}

bool is_last_word(RecordKind kind) {
  return kind == RecordKind::outcome || kind == RecordKind::refusal ||
         kind == RecordKind::nothing_to_do;
}

void require_only_shown(const ChosenWorld& world) {
  require(world.kernel.calls.empty(), "what only shows asks the kernel for nothing");
  require(world.stored.empty() || world.thrown > 0, "what only shows leaves no record");
  for (const std::string& step : world.steps) {
    require(step != "ask_reason" && !step.starts_with("authenticate"), "nor asks its caller");
  }
}

/// Where the recorder and the house are well: one intent at most, one last word, and what was told
/// is what was recorded.
void require_recorded_and_told(const ChosenWorld& world) {
  const auto intents = std::count(world.stored.begin(), world.stored.end(), RecordKind::intent);
  const auto last_words = std::count_if(world.stored.begin(), world.stored.end(), is_last_word);
  require(intents <= 1 && last_words <= 1, "one intent, one last word");
  require(intents == 0 || world.stored.front() == RecordKind::intent, "the intent comes first");
  if (intents == 1 && last_words == 1) {
    require(world.stored.back() == RecordKind::outcome, "an intent ends with its outcome");
  }
  if (world.ended_done) {
    require(last_words == 1 && world.records.back().outcome == Outcome::done,
            "success is told only of what is recorded as done");
  }
  if (world.thrown > 1 || world.recorder_failures > 0) return;
  // A record is refused for what it lacks only where inspection did not do its work.
  require(last_words == 1, "every end is recorded");
  require(world.ended || world.ended_done, "every end is told");
  if (world.thrown == 1) return;
  require(world.out_of_turn == 0, "nothing is recorded out of turn");
  if (world.was_slow) return;
  const Outcome told = world.ended ? world.ended->outcome : Outcome::done;
  require(told == world.records.back().outcome, "what is told is what is recorded");
  require(world.ended_done || world.lines.empty(), "a refusal shows nothing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider bytes(data, size);
  const std::string policy = chosen_policy(bytes);
  const Request request = chosen_request(bytes);
  try {
    ChosenWorld world(bytes, policy, request);
    serve(world, request);
    if (changes_something(request.verb)) {
      require_recorded_and_told(world);
    } else {
      require_only_shown(world);
    }
  } catch (const std::invalid_argument&) {
    return 0;  // the policy has errors
  }
  return 0;
}
