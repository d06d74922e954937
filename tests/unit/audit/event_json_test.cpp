// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/event_json.h"

#include <nlohmann/json.hpp>

#include "catch.h"

using namespace modgate;
using Json = nlohmann::ordered_json;

TEST_CASE("an event's JSON is what the library makes of the same values") {
  EventJson ours;
  Json theirs;
  const auto put = [&](const char* name, const auto& value) {
    ours[name] = value;
    theirs[name] = value;
  };
  put("true", true);
  put("false", false);
  put("zero", 0);
  put("negative", INT64_MIN);
  put("large", UINT64_MAX);
  put("text", "plain");
  put("empty", "");
  for (const char* text : {"quote \" and backslash \\", "\n\r\t\b\f\x01\x1f", "\x7f",
                           "\xc3\xbc\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xff\xfe", "cut \xc3",
                           "\xed\xa0\x80", "\xf4\x90\x80\x80", "</script>"}) {
    ours["texts"].push_back(std::string(text));
    theirs["texts"].push_back(std::string(text));
  }
  ours["texts"].push_back(std::string("with\0NUL", 8));
  theirs["texts"].push_back(std::string("with\0NUL", 8));
  ours["null"];
  theirs["null"];
  ours["within"]["another"]["third"] = 3;
  theirs["within"]["another"]["third"] = 3;
  ours["array"] = EventJson::array();
  theirs["array"] = Json::array();
  ours["object"] = EventJson::object();
  theirs["object"] = Json::object();
  put("zero", 1);
  CHECK(ours.line() == theirs.dump(-1, ' ', true, Json::error_handler_t::replace));
}

TEST_CASE("a member that is there is not put in again") {
  EventJson json;
  json["a"]["x"] = 1;
  json["b"] = 2;
  json["a"]["y"] = 3;
  CHECK(json.line() == R"({"a":{"x":1,"y":3},"b":2})");
  CHECK(EventJson().line() == "null");
  CHECK(EventJson::object().empty());
  CHECK_FALSE(json.empty());
}
