// SPDX-License-Identifier: Apache-2.0
#include "gate/module/needed_symbols.h"

#include <cstring>
#include <string_view>

#include "catch.h"
#include "unit/module/images.h"
#include "unit/module/module_file.h"

using namespace modgate;
using modgate::test::ModuleFile;

namespace {

NeedsAnswer needs_in(const std::string& bytes) {
  return needs_of(test::sealed_image_of(bytes).get());
}

NeedsAnswer answer_with(std::uint32_t count, std::string_view names) {
  NeedsAnswer answer;
  answer.count = count;
  std::memcpy(answer.names.data(), names.data(), names.size());
  return answer;
}

bool makes_sense(const NeedsAnswer& answer) {
  ModuleFacts facts;
  const Status added = add_needs(answer, facts);
  return static_cast<bool>(added);
}

}  // namespace

TEST_CASE("what a module insists on is told") {
  ModuleFile file;
  file.imports = {"printk", "jiffies", "perhaps"};
  file.weak_imports = {"perhaps"};
  file.called = {1};
  ModuleFacts facts;
  REQUIRE(add_needs(needs_in(file.bytes()), facts));
  REQUIRE(facts.needs.size() == 2);
  CHECK(facts.needs[0].name == "printk");
  CHECK(facts.needs[0].is_function);
  CHECK(facts.needs[1].name == "jiffies");
  CHECK_FALSE(facts.needs[1].is_function);
  CHECK_FALSE(facts.needs_more);
}

TEST_CASE("of no sound module nothing is told, and that it is not all") {
  for (const std::string& bytes : {std::string("rubbish"), ModuleFile().bytes().substr(0, 900)}) {
    ModuleFacts facts;
    REQUIRE(add_needs(needs_in(bytes), facts));
    CHECK(facts.needs.empty());
    CHECK(facts.needs_more);
  }
}

TEST_CASE("what does not fit is left off, and said to be") {
  ModuleFile file;
  file.imports.clear();
  for (int at = 0; at < 2000; ++at) {
    file.imports.push_back("a_symbol_with_a_rather_long_name_" + std::to_string(at));
  }
  ModuleFacts facts;
  REQUIRE(add_needs(needs_in(file.bytes()), facts));
  CHECK(facts.needs.size() > 1000);
  CHECK(facts.needs.size() < 2000);
  CHECK(facts.needs_more);
}

TEST_CASE("a name that cannot be printed is left out") {
  ModuleFile file;
  file.imports = {"a\nb", "\x1b[2J", "ok"};
  ModuleFacts facts;
  REQUIRE(add_needs(needs_in(file.bytes()), facts));
  REQUIRE(facts.needs.size() == 1);
  CHECK(facts.needs[0].name == "ok");
  CHECK(facts.needs_more);
}

TEST_CASE("an answer that makes no sense is refused") {
  using namespace std::string_view_literals;
  CHECK(makes_sense(answer_with(0, ""sv)));
  CHECK(makes_sense(answer_with(2, "fone\0atwo\0"sv)));
  CHECK(makes_sense(answer_with(1, "fone\0rubbish"sv)));
  CHECK_FALSE(makes_sense(answer_with(3, "fone\0atwo\0"sv)));
  CHECK_FALSE(makes_sense(answer_with(1, "xone\0"sv)));
  CHECK_FALSE(makes_sense(answer_with(1, "f\0"sv)));
  CHECK_FALSE(makes_sense(answer_with(0xffffffffU, "fone\0"sv)));
  NeedsAnswer endless = answer_with(1, "f"sv);
  endless.names.fill('f');
  CHECK_FALSE(makes_sense(endless));
  NeedsAnswer other = answer_with(0, ""sv);
  other.left_off = 2;
  CHECK_FALSE(makes_sense(other));
}
