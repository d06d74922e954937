// SPDX-License-Identifier: Apache-2.0
#include "catch.h"
#include "gate/confine/house.h"
#include "modgate/request.h"

using namespace modgate;

TEST_CASE("who touches untrusted bytes has less time than a request, and nothing else") {
  for (const Profile& profile : {inspector_profile({}), unpacker_profile({})}) {
    INFO(profile.name);
    CHECK(profile.deadline.count() > 0);
    CHECK(profile.deadline.count() < Limits::request_seconds);
    CHECK((profile.cpu_seconds > 0 && profile.cpu_seconds < Limits::request_seconds));
    CHECK(profile.max_memory > 0);
    CHECK(profile.filter == Filter::inspector);
    CHECK(profile.keep.empty());
    CHECK_FALSE(profile.may_fork);
  }
}
