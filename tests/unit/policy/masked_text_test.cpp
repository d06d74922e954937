// SPDX-License-Identifier: Apache-2.0
// Characters of which the parser must not be asked whether they are white space.
#include "gate/policy/masked_text.h"

#include <string>

#include "catch.h"
#include "unit/policy/sample.h"

using namespace modgate;

TEST_CASE("characters that the parser mishandles are masked, each by one of its length") {
  CHECK_FALSE(masked_text(""));
  CHECK_FALSE(masked_text("plain"));
  CHECK(masked_text("a\u00e9b") == "a\u07c0b");
  CHECK(masked_text("\u00a1\u0499") == "\u07c0\u07c0");
  CHECK(masked_text("\u26a0\ufe0f!") == "\u26a0\ufffd!");
  CHECK(masked_text("\u2c5e\u3001\u3057\ufb26\ufefe") == "\ufffd\ufffd\ufffd\ufffd\ufffd");
  CHECK_FALSE(masked_text("\u00a0\u049a\u2c5d\u3000\u3058\ufb25\ufeff\U0001f600"));
  CHECK_FALSE(masked_text("\xc3"));
  CHECK_FALSE(masked_text("\xc3z\xef\xb8"));
  CHECK_FALSE(masked_text("\x80\xff"));
}

TEST_CASE("they may stand in strings and comments, and nowhere else") {
  for (const char* character : {"\u00e9", "\u0416", "\u3001", "\ufe0f"}) {
    const std::string text(character);
    const std::string deny = "[[deny]]\nmodules = [\"m\"]\n";
    CAPTURE(text);
    CHECK(problems_of("# " + text + "\n" + deny + "message = \"" + text + "\" # " + text).empty());
    CHECK(problems_of("[role.a]\nmembers = ['" + text + "']\ndescription = '''\n" + text + "'''\n")
              .empty());
    for (const std::string& wrong :
         {deny + text + " = 1\n", deny + "message" + text + " = 'x'\n",
          deny + "message =" + text + "'x'\n", deny + "message = 'x'" + text + "\n",
          "[[deny" + text + "]]\nmodules = ['m']\n", "[[deny]]" + text + "\nmodules = ['m']\n",
          "[[deny]]\nmodules = ['m'" + text + "]\n", text + deny, deny + text}) {
      CAPTURE(wrong);
      CHECK_FALSE(parse_policy({{"p.toml", wrong}}).policy);
    }
  }
  const Policy policy = policy_of("[role.a]\nmembers = [\"\u00e9ric\"]\n");
  CHECK(policy.members().front().name == "\u00e9ric");
}
