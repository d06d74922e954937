// SPDX-License-Identifier: Apache-2.0
#include "gate/identity/terminal.h"

#include "catch.h"

using modgate::terminal_name;

namespace {

std::uint32_t device(std::uint32_t major, std::uint32_t minor) {
  return (minor & 0xffU) | (major << 8U) | ((minor & ~0xffU) << 12U);
}

}  // namespace

TEST_CASE("Terminals have the names that they have in /dev") {
  CHECK(terminal_name(device(136, 0)) == "pts/0");
  CHECK(terminal_name(device(136, 3)) == "pts/3");
  CHECK(terminal_name(device(136, 255)) == "pts/255");
  CHECK(terminal_name(device(136, 256)) == "pts/256");
  CHECK(terminal_name(device(136, 70000)) == "pts/70000");
  CHECK(terminal_name(device(137, 1)) == "pts/257");
  CHECK(terminal_name(device(4, 1)) == "tty1");
  CHECK(terminal_name(device(4, 63)) == "tty63");
  CHECK(terminal_name(device(4, 64)) == "ttyS0");
  CHECK(terminal_name(device(4, 65)) == "ttyS1");
  CHECK(terminal_name(34819) == "pts/3");
}

TEST_CASE("What is no such terminal has no name") {
  CHECK(terminal_name(0).empty());
  CHECK(terminal_name(device(5, 1)).empty());
  CHECK(terminal_name(device(4, 256)).empty());
  CHECK(terminal_name(device(135, 0)).empty());
  CHECK(terminal_name(device(144, 0)).empty());
  CHECK(terminal_name(0xffffffffU).empty());
}
