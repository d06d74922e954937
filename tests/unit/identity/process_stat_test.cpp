// SPDX-License-Identifier: Apache-2.0
#include "gate/identity/process_stat.h"

#include "catch.h"

using modgate::parse_process_stat;
using modgate::ProcessStat;

namespace {

// Fields 3 to 24 of a shell on pts/3.
const std::string kRest =
    " S 100 200 150 34819 300 4194304 1 2 3 4 5 6 7 8 20 0 1 0 123456 1000 50\n";

std::string stat_of(const std::string& name) { return "4711 (" + name + ')' + kRest; }

const ProcessStat kShell = {4711, "bash", 100, 150, 34819, 123456};

}  // namespace

TEST_CASE("The stat of a process is read by the numbers of its fields") {
  CHECK(parse_process_stat(stat_of("bash")) == kShell);
  CHECK(parse_process_stat("1 (x) S 0 0 0 0 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 7 8") ==
        ProcessStat{1, "x", 0, 0, 0, 7});
  const auto high =
      parse_process_stat("1 (x) S 0 0 0 -2147483648 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 7 8\n");
  REQUIRE(high);
  CHECK(high->terminal == 0x80000000U);
}

TEST_CASE("CVE-2017-1000367: a name cannot pose as other fields") {
  for (const std::string name : {") R 1 1", "a) S 1 2 3", "(((", ")))", " ) R 1 1 1 34", ") (", "",
                                 ")", "(", "a\nb", "\n) S 1", "\xff\x01\x1b[", "1 (2) R 3 4 "}) {
    CAPTURE(name);
    const auto stat = parse_process_stat(stat_of(name));
    REQUIRE(stat);
    ProcessStat expected = kShell;
    expected.name = name;
    CHECK(*stat == expected);
  }
  const auto longer = parse_process_stat(stat_of(std::string(64, ')')));
  REQUIRE(longer);
  CHECK(longer->name == std::string(15, ')'));
}

TEST_CASE("What is no stat of a process is refused") {
  const std::string good = stat_of("bash");
  // Cut off anywhere, it must never be read as a shorter number.
  for (std::size_t size = 0; size < good.find("123456") + 7; ++size) {
    CAPTURE(size);
    CHECK_FALSE(parse_process_stat(good.substr(0, size)));
  }
  for (const char* text :
       {"(bash)", "4711", "4711 bash S 100 200", "-1 (x) S 0 0 0 0 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 7",
        "x (x) S 0 0 0 0 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 7",
        "1 (x) SS 0 0 0 0 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 7",
        "1 (x) S -5 0 0 0 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 7",
        "1 (x) S 0 0 9999999999 0 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 7",
        "1 (x) S 0 0 0 9999999999 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 7",
        "1 (x) S 0 0 0 0 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 -7",
        "1 (x) S 0 0 0 0 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 18446744073709551616",
        "1 (x)S 0 0 0 0 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 7",
        "1 (x) S  0 0 0 0 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 7", "1 )x( S 0 0 0 0 -1 0 0 0 0 0 0 0 7"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_process_stat(text + std::string(" 8\n")));
  }
}
