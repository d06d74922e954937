// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.h"
#include "component/module/fixture_tree.h"
#include "gate/module/signature.h"
#include "unit/module/images.h"
#include "unit/module/module_file.h"
#include "unit/module/signing.h"

namespace fs = std::filesystem;
using namespace modgate;

namespace {

/// The kernel's own program, from Debian's package linux-kbuild; empty where it is not installed.
std::string sign_file_program() {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/usr/lib", none)) {
    const fs::path program = entry.path() / "scripts/sign-file";
    if (entry.path().filename().string().starts_with("linux-kbuild-") && fs::exists(program)) {
      return program.string();
    }
  }
  return {};
}

class Folder {
 public:
  Folder() {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp");
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

  std::string write(const std::string& name, const std::string& content) const {
    const std::string path = path_ + '/' + name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

 private:
  std::string path_ = "/tmp/modgate-sign-XXXXXX";
};

std::string private_key(EVP_PKEY* key) {
  const test::Bio out(BIO_new(BIO_s_mem()));
  REQUIRE(PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return test::text_of(out.get());
}

}  // namespace

TEST_CASE("what the kernel's sign-file signs is verified") {
  const std::string program = sign_file_program();
  if (program.empty()) {
    WARN("SKIPPED: there is no /usr/lib/linux-kbuild-*/scripts/sign-file");
    return;
  }
  const Folder folder;
  for (const test::Key& key : {test::rsa_key(2048), test::ec_key("P-256"), test::ec_key("P-384")}) {
    const Certificate certificate = test::make_certificate(key.get());
    const std::string key_file = folder.write("key.pem", private_key(key.get()));
    const std::string certificate_file = folder.write("key.der", test::der_of(certificate));
    TrustedCertificates trusted;
    trusted.push_back({"lab", test::same_certificate(certificate)});
    for (const std::string digest : {"sha256", "sha384", "sha512", "sha1"}) {
      for (const bool by_identifier : {false, true}) {
        const std::string module = folder.write("m.ko", test::ModuleFile().bytes());
        std::vector<std::string> words = {program, digest, key_file, certificate_file, module};
        if (by_identifier) words.insert(words.begin() + 1, "-k");
        REQUIRE(test::run_program(words).status == 0);
        const Fd signed_module(::open(module.c_str(), O_RDONLY | O_CLOEXEC));
        const std::string image = test::content_of(signed_module.get());
        const auto proof = prove_image(test::bytes_of(image), trusted);
        REQUIRE(proof);
        INFO(digest << ": " << explanation(proof->finding));
        CHECK((proof->verified == 1) == (digest != "sha1"));
        if (digest == "sha1") CHECK(proof->finding == SignatureFinding::weak_digest);
      }
    }
  }
}
