// SPDX-License-Identifier: Apache-2.0
#include "gate/witness/add_checkpoint.h"

#include "catch.h"
#include "unit/witness/growing_log.h"

using namespace modgate;
using sample::GrowingLog;

namespace {

// The example of https://c2sp.org/tlog-witness, but for its second signature.
const std::string kExample =
    "old 20852014\n"
    "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
    "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
    "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"
    "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
    "\n"
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "\u2014 example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/"
    "Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

const std::string kHash = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n";

std::string with(const std::string& from, const std::string& to) {
  std::string body = kExample;
  const std::size_t at = body.find(from);
  REQUIRE(at != std::string::npos);
  return body.replace(at, from.size(), to);
}

std::string with_proof_of(int lines) {
  std::string body = "old 5\n";
  for (int line = 0; line < lines; ++line) body += kHash;
  return body + kExample.substr(kExample.find("\n\n") + 1);
}

}  // namespace

TEST_CASE("the example of the specification is read") {
  auto request = parse_add_checkpoint(kExample);
  REQUIRE(request);
  CHECK(request->old_size == 20852014);
  REQUIRE(request->proof.size() == 4);
  CHECK(request->proof[0][0] == 0x3e);
  CHECK(request->checkpoint.checkpoint.origin == "example.com/behind-the-sofa");
  CHECK(request->checkpoint.checkpoint.size == 20852163);
  CHECK(request->checkpoint.note.signatures.size() == 1);
}

TEST_CASE("a request without a proof, and one with the longest") {
  CHECK(parse_add_checkpoint(with_proof_of(0)));
  auto longest = parse_add_checkpoint(with_proof_of(63));
  REQUIRE(longest);
  CHECK(longest->proof.size() == 63);
  CHECK_FALSE(parse_add_checkpoint(with_proof_of(64)));
}

TEST_CASE("what is no request is refused, saying why") {
  const std::string body = GENERATE(
      as<std::string>(), std::string(), "old", "old 5", "old 5\n", "old 5\n\n",
      with("old 20852014", "new 20852014"), with("old 20852014", "old"),
      with("old 20852014", "old "), with("old 20852014", "old 020852014"),
      with("old 20852014", "old +1"), with("old 20852014", "old -1"),
      with("old 20852014", "old 1 "), with("old 20852014", "old  1"),
      with("old 20852014", "old 18446744073709551616"),
      with("old 20852014", "old 9223372036854775808"), with("old 20852014", "Old 20852014"),
      with("old 20852014\n", "old 20852014\r\n"), with("PlRN", "PlR"), with("kaw=", "kax="),
      with("PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=", "PlRNCrwHpqhG"), with("\n\n", "\n"),
      with("\n20852163\n", "\n020852163\n"), with("CsUYapGGPo4d", "CsUYapGGPo4"), kExample + "x",
      kExample.substr(0, kExample.size() - 1));
  CAPTURE(body);
  auto request = parse_add_checkpoint(body);
  REQUIRE_FALSE(request);
  CHECK(request.error().outcome == Outcome::usage);
  CHECK_FALSE(request.error().message.empty());
}
