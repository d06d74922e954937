// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/pin_file.h"

#include <openssl/sha.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "catch.h"
#include "component/client/temporary_folder.h"
#include "gate/policy/parse.h"
#include "unit/module/module_file.h"
#include "unit/module/signing.h"

using namespace modgate;
using modgate::test::ModuleFile;

namespace {

class Folder {
 public:
  std::string put(const std::string& name, const std::string& bytes) const {
    const std::string path = folder_.at(name);
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.at(name); }

 private:
  sample::TemporaryFolder folder_;
};

Digest digest_of(const std::string& bytes) {
  Digest digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return digest;
}

void check_refused(const std::string& path, Outcome outcome) {
  INFO(path);
  const auto pin = pin_file(path, {});
  REQUIRE_FALSE(pin);
  CHECK(pin.error().outcome == outcome);
}

}  // namespace

TEST_CASE("a module's file is pinned by its digest") {
  const Folder folder;
  const std::string bytes = ModuleFile().bytes();
  const auto pin = pin_file(folder.put("gate-test.ko", bytes), {});
  REQUIRE(pin);
  CHECK(pin->name == "gate_test");
  CHECK(pin->facts.sha256 == digest_of(bytes));
  CHECK(pin->facts.vermagic == "6.1.0-test SMP mod_unload modversions");
  REQUIRE(pin->parameters.size() == 2);
  CHECK(pin->parameters[0].name == "label");
  CHECK(pin->parameters[1].type == "int");
  const ParsedPolicy policy =
      parse_policy({{"test.toml", "[role.NAME]\nmembers = [\"alice\"]\n" + pin_rule(*pin)}});
  CHECK(policy.policy);
}

TEST_CASE("of a compressed file the unpacked bytes are pinned") {
  const Folder folder;
  const std::string bytes = ModuleFile().bytes();
  const std::string path = folder.path("gate_test.ko.gz");
  gzFile packed = gzopen(path.c_str(), "wb");
  REQUIRE(packed != nullptr);
  REQUIRE(gzwrite(packed, bytes.data(), static_cast<unsigned>(bytes.size())) > 0);
  REQUIRE(gzclose(packed) == Z_OK);
  const auto pin = pin_file(path, {});
  REQUIRE(pin);
  CHECK(pin->facts.sha256 == digest_of(bytes));
  CHECK(pin->facts.size == bytes.size());
}

TEST_CASE("who signed a module is told by name") {
  const Folder folder;
  const test::Key key = test::rsa_key(2048);
  const Certificate certificate = test::make_certificate(key.get());
  const std::string path = folder.put(
      "gate_test.ko", test::signed_by(ModuleFile().bytes(), {key.get(), certificate.get()}));
  KnownSigners signers;
  const auto unknown = pin_file(path, signers);
  REQUIRE(unknown);
  CHECK(unknown->facts.appended_signature);
  CHECK(unknown->facts.signers.empty());
  signers.certificates.push_back({"lab-key", test::same_certificate(certificate)});
  const auto known = pin_file(path, signers);
  REQUIRE(known);
  CHECK(known->facts.signers == std::vector<std::string>{"lab-key"});
  CHECK_FALSE(known->kernel_unlisted);
}

TEST_CASE("what is no sound module is not pinned") {
  const Folder folder;
  const std::string bytes = ModuleFile().bytes();
  check_refused(folder.path("missing.ko"), Outcome::failed);
  check_refused(folder.put("empty.ko", ""), Outcome::rejected);
  check_refused(folder.put("text.ko", "not a module\n"), Outcome::rejected);
  check_refused(folder.put("gate_test.txt", bytes), Outcome::rejected);
  check_refused(folder.put("other.ko", bytes), Outcome::rejected);
  check_refused(folder.put("gate_test.ko.xz", std::string("\xFD\x37\x7A\x58\x5A\x00", 6)),
                Outcome::rejected);
  check_refused(folder.put("a b.ko", bytes), Outcome::rejected);
  const std::string directory = folder.path("gate_test.ko");
  std::filesystem::create_directory(directory);
  check_refused(directory, Outcome::rejected);
}

TEST_CASE("signers that are not there vouch for nothing") {
  const KnownSigners signers = known_signers("/nonexistent/signers", 0);
  for (const TrustedCertificate& certificate : signers.certificates) {
    CHECK(certificate.name == "kernel");
  }
}
