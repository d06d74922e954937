// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/module_now.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "component/client/temporary_folder.h"
#include "gate/cli/admin/pin_file.h"
#include "unit/module/module_file.h"
#include "unit/review/stored.h"

using namespace modgate;
using Json = nlohmann::json;

namespace {

LoadHistory history_of(const RecordedModule& module) {
  Record record = sample::outcome();
  record.modules = {module};
  record.driver = module.name;
  EventView event;
  REQUIRE(event.parse(sample::line_of(record)));
  LoadHistory history(module.name, sample::kBoot);
  history.add(*event.stored());
  return history;
}

}  // namespace

TEST_CASE("a file of the tree is the one that was loaded, another one, or gone") {
  const sample::TemporaryFolder folder;
  const std::string tree = folder.path() + "/";
  RecordedModule module;
  module.file = tree + "gate-test.ko";
  CHECK(file_now(module, tree).state == FileNow::State::gone);
  std::ofstream(module.file, std::ios::binary) << test::ModuleFile().bytes();
  const auto pin = pin_file(module.file, {});
  REQUIRE(pin);
  module.sha256 = pin->facts.sha256;
  CHECK(file_now(module, tree).state == FileNow::State::same);
  module.sha256 = sample::digest(1);
  const FileNow changed = file_now(module, tree);
  CHECK(changed.state == FileNow::State::changed);
  CHECK(changed.sha256 == pin->facts.sha256);
  std::ofstream(module.file, std::ios::binary) << "no module";
  CHECK(file_now(module, tree).state == FileNow::State::unreadable);
}

TEST_CASE("a file outside the tree is never opened") {
  for (const char* path : {"./mydrv.ko", "/home/alice/mydrv.ko", "/tree/../etc/x.ko", ""}) {
    RecordedModule module;
    module.file = path;
    CHECK(file_now(module, "/tree/").state == FileNow::State::handed_over);
  }
}

TEST_CASE("who has a module loaded, in words and as JSON") {
  RecordedModule module = sample::module("vxlan", 2, Why::asked);
  module.step = Step::done;
  module.instance = 77;
  module.file = "./vx\x1blan.ko";
  const LoadHistory history = history_of(module);
  const std::string loaded = who_text("vxlan", 77, history, false);
  CHECK_THAT(loaded, Catch::Matchers::StartsWith("vxlan was loaded by alice (uid 1000) at "
                                                 "2026-07-31T10:00:00Z\n  rule    "
                                                 "/etc/modgate/policy.toml:12, role netdev\n"));
  CHECK_THAT(loaded,
             Catch::Matchers::ContainsSubstring("./vx\\x1blan.ko was handed over by its caller"));
  // Another instance came another way, whatever the log says of an earlier one.
  CHECK_THAT(who_text("vxlan", 78, history, false),
             Catch::Matchers::ContainsSubstring("came another way"));
  CHECK_THAT(who_text("vxlan", 78, history, true),
             Catch::Matchers::ContainsSubstring("not loaded by you"));
  CHECK(who_text("vxlan", std::nullopt, history, false) == "vxlan is not loaded");

  const Json json = Json::parse(who_json("vxlan", 77, history))["who"];
  CHECK(json["gate"] == true);
  CHECK(json["user"] == "alice");
  CHECK(json["since"] == "2026-07-31T10:00:00Z");
  CHECK(json["file_now"] == "handed over");
  const Json other = Json::parse(who_json("vxlan", 78, history))["who"];
  CHECK(other["loaded"] == true);
  CHECK(other["gate"] == false);
  CHECK_FALSE(other.contains("user"));
}
