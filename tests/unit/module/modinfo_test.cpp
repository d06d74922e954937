// SPDX-License-Identifier: Apache-2.0
#include "gate/module/modinfo.h"

#include <string>

#include "catch.h"

using namespace modgate;

namespace {

std::vector<std::string> parameters_in(const std::vector<std::string>& entries) {
  std::string section;
  for (const std::string& entry : entries) (section += entry) += '\0';
  const auto info =
      ModInfo::parse({reinterpret_cast<const std::uint8_t*>(section.data()), section.size()});
  REQUIRE(info);
  std::vector<std::string> found;
  for (const DeclaredParameter& parameter : declared_parameters(*info)) {
    found.push_back(parameter.name + ':' + parameter.type);
  }
  return found;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("declared parameters have a name and, where it is told, a type") {
  CHECK(parameters_in({"license=GPL", "parmtype=mode:int", "parm=mode:how it works",
                       "parm=label:what it is called", "parmtype=many:array of uint"}) ==
        Texts{"label:", "many:array of uint", "mode:int"});
  CHECK(parameters_in({"license=GPL", "parm_type=a:int", "xparm=b:int"}).empty());
}

TEST_CASE("a parameter is declared once, by its first type") {
  CHECK(parameters_in({"parmtype=a-b:int", "parmtype=a_b:bool", "parm=a-b:x"}) == Texts{"a_b:int"});
}

TEST_CASE("names and types that no rule could hold are not listed") {
  const std::string longest(64, 'a');
  CHECK(parameters_in({"parmtype=" + longest + ":int"}) == Texts{longest + ":int"});
  CHECK(parameters_in({"parmtype=" + longest + "a:int"}).empty());
  for (const char* name : {"", "a b", "a.b", "a\nb", "a\"b", "\xc3\xa4", "a="}) {
    INFO(name);
    CHECK(parameters_in({std::string("parmtype=") + name + ":int"}).empty());
  }
  for (const char* type : {"int\n", "i=t", "#", "", "abcdefghijabcdefghijabcdefghijabc"}) {
    INFO(type);
    CHECK(parameters_in({std::string("parmtype=a:") + type}) == Texts{"a:"});
  }
  CHECK(parameters_in({"parmtype=a"}) == Texts{"a:"});
}

TEST_CASE("no more parameters are listed than any module has") {
  Texts entries;
  for (std::size_t at = 0; at < kMostParametersListed + 10; ++at) {
    entries.push_back("parmtype=p" + std::to_string(at) + ":int");
  }
  CHECK(parameters_in(entries).size() == kMostParametersListed);
  entries.resize(kMostParametersListed);
  CHECK(parameters_in(entries).size() == kMostParametersListed);
}
