// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/policy_keeper.h"

#include <unistd.h>

#include "catch.h"
#include "component/config/root_directory.h"
#include "gate/policy/decide.h"
#include "pam/service_check.h"

using namespace modgate;
using sample::RootDirectory;

namespace {

using Change = PolicyKeeper::Change;

/// A PAM service that every Debian has.
const char* const kService = "other";

bool skipped() {
  if (sample::skipped_without_root()) return true;
  if (check_pam_service(kService)) return false;
  WARN("SKIPPED: there is no sound PAM service to name");
  return true;
}

PolicyKeeper keeper_of(const RootDirectory& directory) {
  return {{directory.at("policy.toml"), directory.at("policy.d"), directory.at("signers")},
          kService};
}

std::string listing(std::uint8_t byte) {
  Digest digest;
  digest.fill(byte);
  return digest_hex(digest) + "  m.ko\n";
}

/// Another file in its place: two that are written within one tick of the kernel's clock, with the
/// same size, could not be told apart.
void replace(const RootDirectory& directory, const std::string& name, const std::string& text) {
  std::filesystem::rename(directory.write("new", text), directory.at(name));
}

/// Whether alice may load an m with these bytes.
bool allows(const PolicyKeeper& keeper, std::uint8_t byte) {
  Caller alice;
  alice.user = "alice";
  Plan plan;
  plan.modules.resize(1);
  plan.modules.front().name = "m";
  plan.modules.front().inspected = true;
  plan.modules.front().facts.sha256.fill(byte);
  return keeper.policy() != nullptr &&
         is_allowed(decide(*keeper.policy(), alice, plan, {}).verdict);
}

const std::string kPolicy =
    "[role.dev]\nmembers = [\"alice\"]\n"
    "[[role.dev.allow]]\nmodules = [\"m\"]\nsha256_file = \"lab.sha256\"\n";

}  // namespace

TEST_CASE("A change of a list of digests is a change of the policy") {
  if (skipped()) return;
  const RootDirectory directory;
  const bool in_directory = GENERATE(false, true);
  CAPTURE(in_directory);
  directory.write("policy.toml", in_directory ? "" : kPolicy);
  if (in_directory) directory.write("policy.d/10.toml", kPolicy);
  const std::string list = in_directory ? "policy.d/lab.sha256" : "lab.sha256";
  directory.write(list, listing(1));
  PolicyKeeper keeper = keeper_of(directory);
  REQUIRE(keeper.refresh() == Change::taken);
  CHECK(allows(keeper, 1));
  CHECK_FALSE(allows(keeper, 2));
  CHECK(keeper.refresh() == Change::none);
  // What a session starts with is a copy, which sees changes as well.
  PolicyKeeper copy = keeper;
  const std::string before = keeper.digest();

  replace(directory, list, listing(2));
  for (PolicyKeeper* one : {&keeper, &copy}) {
    CHECK(one->refresh() == Change::taken);
    CHECK(one->refresh() == Change::none);
    CHECK_FALSE(allows(*one, 1));
    CHECK(allows(*one, 2));
    CHECK(one->digest() != before);
  }
  // Written again as it was, it is the same policy.
  replace(directory, list, listing(2));
  CHECK(keeper.refresh() == Change::none);
  replace(directory, list, listing(1));
  CHECK(keeper.refresh() == Change::taken);
  CHECK(keeper.digest() == before);
}

TEST_CASE("With a list that must not count the last good policy stays, until it is mended") {
  if (skipped()) return;
  const RootDirectory directory;
  directory.write("policy.toml", kPolicy);
  const std::string list = directory.write("lab.sha256", listing(1));
  PolicyKeeper keeper = keeper_of(directory);
  REQUIRE(keeper.refresh() == Change::taken);
  std::string what;
  SECTION("malformed") {
    directory.write("lab.sha256", listing(2) + "x\n");
    what = list + ":2:1: error: ";
  }
  SECTION("empty") {
    directory.write("lab.sha256", "");
    what = directory.at("policy.toml") + ":5:15: error: 'sha256_file': " + list + " has no digest";
  }
  SECTION("gone") {
    REQUIRE(::unlink(list.c_str()) == 0);
    what = directory.at("policy.toml") + ":5:15: error: 'sha256_file': " + list;
  }
  SECTION("writable by others") {
    directory.write("lab.sha256", listing(2));
    directory.mode(list, 0666);
    what = "can be written by group or others";
  }
  CHECK(keeper.refresh() == Change::refused);
  CAPTURE(keeper.trouble());
  CHECK(keeper.trouble().find(what) != std::string::npos);
  CHECK(keeper.refresh() == Change::none);
  CHECK(allows(keeper, 1));
  CHECK_FALSE(allows(keeper, 2));
  directory.write("lab.sha256", listing(2));
  CHECK(keeper.refresh() == Change::taken);
  CHECK(keeper.trouble().empty());
  CHECK(allows(keeper, 2));
}

TEST_CASE("A list that no rule names any more does not matter") {
  if (skipped()) return;
  const RootDirectory directory;
  directory.write("policy.toml", kPolicy);
  directory.write("lab.sha256", listing(1));
  PolicyKeeper keeper = keeper_of(directory);
  REQUIRE(keeper.refresh() == Change::taken);
  directory.write("policy.toml", "");
  CHECK(keeper.refresh() == Change::taken);
  directory.write("lab.sha256", "x");
  CHECK(keeper.refresh() == Change::none);
}
