// SPDX-License-Identifier: Apache-2.0
#include "gate/wire/courier_messages.h"

#include "catch.h"
#include "gate/wire/fields.h"

using namespace modgate;

namespace {

CourierSubmit sample_submit() {
  return {"w1", "https://audit.example.org/w1", 7, 9, {"AAAA", "BBBB"}, "log\n9\nroot\n\nline\n"};
}

/// A message with one field changed, added or (nullptr) taken out.
std::string changed(const std::string& message, const std::string& key, const char* value) {
  auto fields = Fields::decode(message, kCourierBytes, 64);
  REQUIRE(fields);
  Fields result;
  for (const auto& [name, text] : fields->all()) {
    if (name != key) result.add(name, text);
  }
  if (value != nullptr) result.add(key, value);
  return result.encode();
}

}  // namespace

TEST_CASE("what the courier is told comes back as it was sent") {
  const std::vector<CourierWitness> witnesses = {{"w1", "https://a/w1", "w1+00000000+AA"},
                                                 {"w2", "http://b", "w2+00000000+AA"}};
  const auto told = decode_to_courier(*encode_to_courier(CourierWitnesses{witnesses}));
  REQUIRE(told);
  CHECK(std::get<CourierWitnesses>(*told).witnesses == witnesses);
  const auto none = decode_to_courier(*encode_to_courier(CourierWitnesses{}));
  REQUIRE(none);
  CHECK(std::get<CourierWitnesses>(*none).witnesses.empty());

  const auto submit = decode_to_courier(*encode_to_courier(sample_submit()));
  REQUIRE(submit);
  const auto& got = std::get<CourierSubmit>(*submit);
  CHECK(got.witness == "w1");
  CHECK(got.url == "https://audit.example.org/w1");
  CHECK(got.old_size == 7);
  CHECK(got.size == 9);
  CHECK(got.body() == "old 7\nAAAA\nBBBB\n\nlog\n9\nroot\n\nline\n");
}

TEST_CASE("what the courier says comes back as it was sent") {
  const auto next = decode_from_courier(*encode_from_courier(CourierNext{"w1", 12}));
  REQUIRE(next);
  CHECK(std::get<CourierNext>(*next).witness == "w1");
  CHECK(std::get<CourierNext>(*next).accepted == 12);
  const auto cosigned =
      decode_from_courier(*encode_from_courier(CourierCosigned{"w1", 12, "line\n"}));
  REQUIRE(cosigned);
  CHECK(std::get<CourierCosigned>(*cosigned).size == 12);
  CHECK(std::get<CourierCosigned>(*cosigned).signatures == "line\n");
}

TEST_CASE("a message of the courier or to it that is not quite one is none") {
  const std::string submit = *encode_to_courier(sample_submit());
  const std::string next = *encode_from_courier(CourierNext{"w1", 12});
  CHECK_FALSE(decode_to_courier(""));
  CHECK_FALSE(decode_to_courier(next));
  CHECK_FALSE(decode_from_courier(submit));
  CHECK_FALSE(decode_to_courier(changed(submit, "proof", nullptr)));
  CHECK_FALSE(decode_to_courier(changed(submit, "proof", "5:AAAA")));
  CHECK_FALSE(decode_to_courier(changed(submit, "size", "09")));
  CHECK_FALSE(decode_to_courier(changed(submit, "size", "9223372036854775808")));
  CHECK_FALSE(decode_to_courier(changed(submit, "more", "1")));
  CHECK_FALSE(decode_from_courier(changed(next, "accepted", "-1")));
  CHECK_FALSE(decode_from_courier(changed(next, "what", "witnesses")));
  CHECK_FALSE(decode_from_courier(changed(next, "what", nullptr)));

  CourierSubmit too_long = sample_submit();
  too_long.proof.assign(64, "AAAA");
  CHECK_FALSE(decode_to_courier(*encode_to_courier(too_long)));
  too_long.checkpoint.assign(kCourierBytes, 'a');
  CHECK_FALSE(encode_to_courier(too_long));
  CourierWitnesses many;
  many.witnesses.assign(kMostWitnesses + 1, {"w", "u", "k"});
  CHECK_FALSE(decode_to_courier(*encode_to_courier(many)));
  CHECK_FALSE(encode_from_courier(CourierNext{std::string("w\0", 2), 0}));
}
