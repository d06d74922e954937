// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/chain.h"

#include "catch.h"
#include "gate/audit/log_directory.h"
#include "gate/audit/timestamp.h"
#include "gate/audit/uuid.h"
#include "unit/audit/sample.h"

using namespace modgate;

TEST_CASE("the chain hash is the SHA-256 of the bytes") {
  CHECK(chain_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(chain_hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(chain_hash("abc\n") != chain_hash("abc"));
}

TEST_CASE("a digest comes back from its text, and nothing else does") {
  const Digest digest = sample::digest(0xa5);
  CHECK(parse_digest(digest_hex(digest)) == digest);
  CHECK_FALSE(parse_digest(""));
  CHECK_FALSE(parse_digest(std::string(63, 'a')));
  CHECK_FALSE(parse_digest(std::string(65, 'a')));
  CHECK_FALSE(parse_digest(std::string(64, 'A')));
  CHECK_FALSE(parse_digest(std::string(64, 'g')));
}

TEST_CASE("a segment is named after its first record") {
  CHECK(segment_name(1) == "000000000000000001.jsonl");
  CHECK(segment_name(123456789012345678) == "123456789012345678.jsonl");
}

TEST_CASE("a UUID of version 7 begins with the time") {
  std::array<std::uint8_t, 10> random{};
  random.fill(0xff);
  const std::string uuid = make_uuid(0x017f22e279b0, random);
  CHECK(uuid == "017f22e2-79b0-7fff-bfff-ffffffffffff");
  CHECK(is_uuid(uuid));
  CHECK(new_uuid() != new_uuid());
  CHECK(is_uuid(new_uuid()));
  CHECK_FALSE(is_uuid("017f22e2-79b0-7fff-bfff-fffffffffff"));
  CHECK_FALSE(is_uuid("017f22e2-79b0-7fff-bfff-ffffffffffFF"));
  CHECK_FALSE(is_uuid("017f22e2x79b0-7fff-bfff-ffffffffffff"));
}

TEST_CASE("times are RFC 3339 in UTC") {
  CHECK(rfc3339_utc(0) == "1970-01-01T00:00:00.000000000Z");
  CHECK(rfc3339_utc(951782399999999999) == "2000-02-28T23:59:59.999999999Z");
  CHECK(rfc3339_utc(951782400000000000) == "2000-02-29T00:00:00.000000000Z");
}
