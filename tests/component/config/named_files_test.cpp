// SPDX-License-Identifier: Apache-2.0
#include "gate/config/named_files.h"

#include <unistd.h>

#include "component/config/root_directory.h"
#include "gate/config/policy_digest.h"

using namespace modgate;
using sample::RootDirectory;
using sample::skipped_without_root;

TEST_CASE("A file that a policy names is read once, and its change shows") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  const std::string path = directory.write("lab.sha256", "first");
  NamedFiles named;
  CHECK_FALSE(named.may_have_changed());
  REQUIRE(named.read(path));
  CHECK(*named.read(path) == "first");
  CHECK_FALSE(named.may_have_changed());

  SECTION("written to") { directory.write("lab.sha256", "other"); }
  SECTION("replaced") { std::filesystem::rename(directory.write("new", "other"), path); }
  SECTION("gone") { REQUIRE(::unlink(path.c_str()) == 0); }
  SECTION("no longer root's alone") { directory.mode(path, 0666); }
  SECTION("in a directory that others can write") { directory.mode(directory.path(), 0777); }
  CHECK(named.may_have_changed());
  // What was parsed is what counts, for the digest as well.
  CHECK(*named.read(path) == "first");
  const std::vector<PolicyFile> files = named.take();
  REQUIRE(files.size() == 1);
  CHECK(files.front().path == path);
  CHECK(files.front().text == "first");
  CHECK(named.may_have_changed());
}

TEST_CASE("A named file counts only where root alone can have written it") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  const std::string path = directory.at("lab.sha256");
  const auto refused = [&] {
    NamedFiles named;
    const auto text = named.read(path);
    CHECK(named.take().size() == (text ? 1U : 0U));
    return !text;
  };
  CHECK(refused());
  directory.write("lab.sha256", "x");
  CHECK_FALSE(refused());

  SECTION("writable by the group") { directory.mode(path, 0664); }
  SECTION("a link") {
    std::filesystem::rename(path, directory.at("target"));
    REQUIRE(::symlink("target", path.c_str()) == 0);
  }
  SECTION("somebody else's") { REQUIRE(::chown(path.c_str(), 65534, 0) == 0); }
  SECTION("too large") { std::filesystem::resize_file(path, kMostNamedBytes + 1); }
  CHECK(refused());
}

TEST_CASE("A named file that is not there yet shows when it comes") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  NamedFiles named;
  CHECK_FALSE(named.read(directory.at("later")));
  CHECK_FALSE(named.may_have_changed());
  directory.write("later", "x");
  CHECK(named.may_have_changed());
}

TEST_CASE("Named files come in the order of their paths, and the policy's digest covers them") {
  NamedFiles named([](const std::string& path, std::size_t) -> Result<std::string> {
    return "text of " + path;
  });
  REQUIRE(named.read("/nonexistent/b"));
  REQUIRE(named.read("/nonexistent/a"));
  const std::vector<PolicyFile> files = named.take();
  REQUIRE(files.size() == 2);
  CHECK(files[0].path == "/nonexistent/a");
  CHECK(files[1].path == "/nonexistent/b");
  const std::vector<PolicyFile> one = {files[0]};
  CHECK(policy_digest(files) != policy_digest(one));
  CHECK(policy_digest({files[0], {files[1].path, "other"}}) != policy_digest(files));
}
