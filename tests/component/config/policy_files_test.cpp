// SPDX-License-Identifier: Apache-2.0
#include "gate/config/policy_files.h"

#include <unistd.h>

#include <cerrno>
#include <set>

#include "component/config/root_directory.h"

using namespace modgate;
using sample::RootDirectory;
using sample::skipped_without_root;

namespace {

PolicyLocation location_in(const RootDirectory& directory) {
  return {directory.at("policy.toml"), directory.at("policy.d"), directory.at("signers")};
}

std::vector<std::string> texts(const Result<std::vector<PolicyFile>>& files) {
  std::vector<std::string> found;
  if (!files) return {"refused: " + files.error().message};
  for (const PolicyFile& file : *files) found.push_back(file.text);
  return found;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("The policy is policy.toml and then the further files in name order") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  const PolicyLocation location = location_in(directory);
  directory.write("policy.toml", "main");
  CHECK(texts(read_policy_files(location)) == Texts{"main"});
  directory.write("policy.d/20.toml", "second");
  directory.write("policy.d/10.toml", "first");
  directory.write("policy.d/100.toml", "between");
  directory.write("policy.d/README", "not this");
  directory.write("policy.d/.hidden.toml", "nor this");
  directory.write("policy.d/30.toml.new", "nor this");
  CHECK(texts(read_policy_files(location)) == Texts{"main", "first", "between", "second"});
  CHECK(read_policy_files(location)->at(1).path == directory.at("policy.d/10.toml"));
}

TEST_CASE("One file that cannot be trusted fails the whole") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  const PolicyLocation location = location_in(directory);
  directory.write("policy.toml", "main");
  const std::string further = directory.write("policy.d/10.toml", "first");
  REQUIRE(read_policy_files(location));

  SECTION("writable by others") { directory.mode(further, 0666); }
  SECTION("in a directory that others can write") {
    directory.mode(directory.at("policy.d"), 0777);
  }
  SECTION("a link") {
    REQUIRE(::symlink(further.c_str(), directory.at("policy.d/9.toml").c_str()) == 0);
  }
  SECTION("a directory of that name") { directory.write("policy.d/9.toml/x", ""); }
  SECTION("no policy.toml") { REQUIRE(::unlink(location.policy.c_str()) == 0); }
  SECTION("policy.d is a file") {
    std::filesystem::remove_all(location.policy_dir);
    directory.write("policy.d", "");
  }
  SECTION("policy.d is a link") {
    std::filesystem::rename(location.policy_dir, directory.at("other"));
    REQUIRE(::symlink("other", location.policy_dir.c_str()) == 0);
  }
  CHECK_FALSE(read_policy_files(location));
}

TEST_CASE("The fingerprint changes with all that may change the policy, and with nothing else") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  const PolicyLocation location = location_in(directory);
  std::set<std::string> seen;
  const auto is_new = [&] { return seen.insert(policy_fingerprint(location)).second; };

  CHECK(is_new());  // nothing is there yet
  directory.write("policy.toml", "main");
  CHECK(is_new());
  CHECK_FALSE(is_new());
  directory.write("policy.toml", "niam");
  CHECK(is_new());
  directory.write("policy.d/10.toml", "first");
  CHECK(is_new());
  std::filesystem::rename(directory.at("policy.d/10.toml"), directory.at("policy.d/11.toml"));
  CHECK(is_new());
  directory.write("policy.d/lab.sha256", "digests that a rule may name");
  CHECK(is_new());
  directory.write("signers/lab.pem", "certificate");
  CHECK(is_new());
  directory.mode(directory.at("signers/lab.pem"), 0600);
  CHECK(is_new());
  REQUIRE(::unlink(directory.at("signers/lab.pem").c_str()) == 0);
  CHECK(is_new());
  // What makes a file untrusted and trusted again shows, so that a mended policy serves at once.
  directory.mode(directory.path(), 0777);
  CHECK(is_new());
  directory.write("unrelated", "");
  CHECK_FALSE(is_new());
}

TEST_CASE("The fingerprint of nothing is a state like any other") {
  const PolicyLocation nowhere{"/nonexistent/p", "/nonexistent/d", "/nonexistent/s"};
  CHECK(policy_fingerprint(nowhere) == policy_fingerprint(nowhere));
  CHECK_FALSE(policy_fingerprint(nowhere).empty());
}
