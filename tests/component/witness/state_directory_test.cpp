// SPDX-License-Identifier: Apache-2.0
#include "gate/witness/state_directory.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "catch.h"
#include "component/client/temporary_folder.h"

using namespace modgate;
using modgate::sample::TemporaryFolder;

namespace {

StateDirectory opened(const std::string& path) {
  auto state = StateDirectory::open(path);
  REQUIRE(state);
  return std::move(*state);
}

}  // namespace

TEST_CASE("what was written is read again, by the next witness too") {
  const TemporaryFolder folder;
  {
    const StateDirectory state = opened(folder.path());
    auto none = state.read("example.org/a");
    REQUIRE(none);
    CHECK_FALSE(none->has_value());
    REQUIRE(state.write("example.org/a", "first\n"));
    REQUIRE(state.write("example.org/a", "second\n"));
    REQUIRE(state.write("example.org/b", "other\n"));
  }
  const StateDirectory state = opened(folder.path());
  CHECK(state.read("example.org/a")->value() == "second\n");
  CHECK(state.read("example.org/b")->value() == "other\n");
  CHECK_FALSE(state.read("example.org/")->has_value());
}

TEST_CASE("an origin is never a path") {
  const TemporaryFolder folder;
  const StateDirectory state = opened(folder.path());
  REQUIRE(state.write("../../outside", "note\n"));
  CHECK(std::filesystem::exists(folder.at(StateDirectory::file_name("../../outside"))));
  CHECK(StateDirectory::file_name("abc") ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad.checkpoint");
}

TEST_CASE("what a crash left half written is never read, and is in nobody's way") {
  const TemporaryFolder folder;
  const StateDirectory state = opened(folder.path());
  REQUIRE(state.write("log", "whole\n"));
  std::ofstream(folder.at(StateDirectory::file_name("log") + ".new")) << "ha";
  CHECK(state.read("log")->value() == "whole\n");
  REQUIRE(state.write("log", "next\n"));
  CHECK(state.read("log")->value() == "next\n");
}

TEST_CASE("two witnesses never share a state") {
  const TemporaryFolder folder;
  const StateDirectory state = opened(folder.path());
  auto second = StateDirectory::open(folder.path());
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find("another witness") != std::string::npos);
}

TEST_CASE("a state that others can write is refused") {
  const TemporaryFolder folder;
  REQUIRE(::chmod(folder.path().c_str(), 0770) == 0);
  CHECK_FALSE(StateDirectory::open(folder.path()));
  CHECK_FALSE(StateDirectory::open(folder.at("missing")));
  REQUIRE(::chmod(folder.path().c_str(), 0700) == 0);
  CHECK(StateDirectory::open(folder.path()));
}

TEST_CASE("a link, a folder or a giant in the place of a state is an error, not a first contact") {
  const TemporaryFolder folder;
  const StateDirectory state = opened(folder.path());
  const std::string file = folder.at(StateDirectory::file_name("log"));
  SECTION("link") { std::filesystem::create_symlink("/etc/hostname", file); }
  SECTION("folder") { std::filesystem::create_directory(file); }
  SECTION("giant") { std::ofstream(file) << std::string(StateDirectory::kMostBytes + 1, 'x'); }
  CHECK_FALSE(state.read("log"));
}

TEST_CASE("a state that cannot be written leaves the old one") {
  const TemporaryFolder folder;
  const StateDirectory state = opened(folder.path());
  REQUIRE(state.write("log", "old\n"));
  std::filesystem::create_directory(folder.at(StateDirectory::file_name("log") + ".new"));
  CHECK_FALSE(state.write("log", "new\n"));
  CHECK(state.read("log")->value() == "old\n");
}
