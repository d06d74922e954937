// SPDX-License-Identifier: Apache-2.0
// Every combination of a rule's keys, each absent, met or not met.
#include <array>
#include <cstddef>
#include <string>

#include "catch.h"
#include "unit/policy/sample.h"

using namespace modgate;

namespace {

struct Key {
  std::string met;
  std::string unmet;
};

std::string sha256(const std::string& byte) {
  std::string text;
  for (int count = 0; count < 32; ++count) text += byte;
  return "sha256 = [\"" + text + "\"]\n";
}

/// For a load of kernel/drivers/net/m with the digest ab…, signed by lab and kernel, on Wednesday,
/// 2026-12-02, 12:00.
const std::array<Key, 9>& keys() {
  static const std::array<Key, 9> keys = {
      Key{"modules = [\"x\", \"m\"]\n", "modules = [\"n\"]\n"},
      Key{"tree = [\"kernel/drivers/**\"]\n", "tree = [\"kernel/*\"]\n"},
      Key{"actions = [\"unload\", \"load\"]\n", "actions = [\"unload\", \"unload-own\"]\n"},
      Key{"hosts = [\"x\", \"lab-?\"]\n", "hosts = [\"lab\"]\n"},
      Key{"hours = [\"Wed 12:00-12:01\"]\n", "hours = [\"Wed 12:01-12:00\"]\n"},
      Key{"not_before = 2026-12-02T12:00:00\n", "not_before = 2026-12-02T12:00:01\n"},
      Key{"expires = 2026-12-02T12:00:01\n", "expires = 2026-12-02T12:00:00\n"},
      Key{sha256("ab"), sha256("ac")},
      Key{"signer = [\"x\", \"kernel\"]\n", "signer = [\"x\", \"Lab\"]\n"},
  };
  return keys;
}

/// A number whose digits to the base of 3 say which keys are absent, met and not met.
struct Combination {
  std::string text;
  bool holds = true;
  bool is_rule = false;  ///< names modules or a tree
};

Combination combination(int number) {
  Combination result;
  for (std::size_t key = 0; key < keys().size(); ++key, number /= 3) {
    if (number % 3 == 1) result.text += keys()[key].met;
    if (number % 3 == 2) result.text += keys()[key].unmet;
    result.holds = result.holds && number % 3 != 2;
    result.is_rule = result.is_rule || (key < 2 && number % 3 != 0);
  }
  return result;
}

constexpr int kCombinations = 3 * 3 * 3 * 3 * 3 * 3 * 3 * 3 * 3;

}  // namespace

TEST_CASE("a rule holds where all of its keys are met, in an allow and in a deny") {
  const Plan plan = load_of({signed_by({"lab", "kernel"})});
  int rules = 0;
  for (int number = 0; number < kCombinations; ++number) {
    const Combination keys = combination(number);
    if (!keys.is_rule) continue;
    ++rules;
    CAPTURE(keys.text);
    REQUIRE(allows(allow_rule(keys.text), plan) == keys.holds);
    REQUIRE(allows(deny_rule(keys.text), plan) == !keys.holds);
  }
  CHECK(rules == kCombinations / 9 * 8);
}

TEST_CASE("what else an allow or a deny asks of a module, beside what it names") {
  struct Row {
    std::string keys;
    bool holds;
  };
  const std::string m = "modules = [\"m\"]\n";
  PlannedModule module = inspected(with_parameter(fresh("m"), "n-o", "5"));
  const Row allow = GENERATE_COPY(values<Row>({
      {m, false},
      {m + "params.m = \"none\"\n", false},
      {m + "params.m.n_o = { int = [0, 5] }\n", true},
      {m + "params.m.n_o = { int = [0, 4] }\n", false},
      {m + "params.m.n_o = { enum = [\"5\"] }\n", true},
      {m + "params.m.n_o = { enum = [\"6\"] }\n", false},
      {m + "params.m.n_o = { match = \"[0-9]\" }\n", true},
      {m + "params.m.n_o = { match = \"[a-z]\" }\n", false},
      {m + "params.x.n_o = { int = [0, 5] }\n", false},
      {m + "params.\"*\".n_o = { int = [0, 5] }\nparams.m = \"none\"\n", false},
      {m + "params.\"*\".n_o = { int = [0, 5] }\nhosts = [\"x\"]\n", false},
  }));
  CAPTURE(allow.keys);
  CHECK(allows(allow_rule(allow.keys), load_of({module})) == allow.holds);

  module = inspected(fresh("m"));
  module.facts.imports = {"kprobe"};
  const Row deny = GENERATE_COPY(values<Row>({
      {"imports = [\"kprobe\"]\n", true},
      {"imports = [\"x\", \"kprobe\"]\n", true},
      {"imports = [\"x\"]\n", false},
      {m + "imports = [\"kprobe\"]\n", true},
      {"modules = [\"n\"]\nimports = [\"kprobe\"]\n", false},
      {m + "imports = [\"kprobe\"]\nactions = [\"unload\"]\n", false},
      {m + "imports = [\"kprobe\"]\nsource = \"file\"\n", false},
      {m + "imports = [\"kprobe\"]\nhosts = [\"x\"]\n", false},
  }));
  CAPTURE(deny.keys);
  CHECK(allows(deny_rule(deny.keys), load_of({module})) == !deny.holds);
}
