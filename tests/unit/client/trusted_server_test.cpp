// SPDX-License-Identifier: Apache-2.0
#include "catch.h"
#include "gate/client/connection.h"

using namespace modgate;

TEST_CASE("Only root is trusted to serve, and oneself on a socket that one chose") {
  struct Row {
    uid_t server;
    uid_t caller;
    bool chosen;
    bool trusted;
  };
  const Row rows[] = {{0, 1000, false, true},     {0, 1000, true, true},
                      {0, 0, false, true},        {0, 0, true, true},
                      {1000, 1000, true, true},   {1000, 1000, false, false},
                      {1001, 1000, true, false},  {1001, 1000, false, false},
                      {1000, 0, true, false},     {1000, 0, false, false},
                      {65534, 1000, true, false}, {static_cast<uid_t>(-1), 0, true, false},
                      {65534, 65534, true, true}, {65534, 65534, false, false}};
  for (const Row& row : rows) {
    CAPTURE(row.server, row.caller, row.chosen);
    CHECK(is_trusted_server(row.server, row.caller, row.chosen) == row.trusted);
  }
}
