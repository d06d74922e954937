// SPDX-License-Identifier: Apache-2.0
#include "catch.h"
#include "gate/config/policy_files.h"

using modgate::is_policy_file_name;

TEST_CASE("Only visible *.toml files belong to the policy") {
  CHECK(is_policy_file_name("10-netdev.toml"));
  CHECK(is_policy_file_name("a.toml"));
  for (const char* name : {"", ".toml", "toml", ".10-netdev.toml", "a.toml.new", "a.toml~",
                           "a.TOML", "a.tom", "README"}) {
    CAPTURE(name);
    CHECK_FALSE(is_policy_file_name(name));
  }
}
