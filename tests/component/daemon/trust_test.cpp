// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/trust.h"

#include <algorithm>
#include <ctime>

#include "catch.h"
#include "component/config/root_directory.h"
#include "unit/module/signing.h"

using namespace modgate;
using modgate::sample::RootDirectory;

namespace {

std::vector<std::string> names(const Trust& trust) {
  std::vector<std::string> all;
  for (const TrustedCertificate& certificate : trust.certificates) all.push_back(certificate.name);
  return all;
}

bool tells(const Trust& trust, const std::string& file, const std::string& what) {
  return std::any_of(trust.problems.begin(), trust.problems.end(), [&](const std::string& problem) {
    return problem.find('/' + file + ": ") != std::string::npos &&
           problem.find(what) != std::string::npos;
  });
}

TrustedCertificates kernel_keys(std::size_t count = 1) {
  const test::Key key = test::ec_key("P-256");
  TrustedCertificates keys;
  for (std::size_t at = 0; at < count; ++at) {
    keys.push_back({"kernel", test::make_certificate(key.get())});
  }
  return keys;
}

}  // namespace

TEST_CASE("the kernel's keys and the administrator's signers are trusted, each under its name") {
  if (sample::skipped_without_root()) return;
  const RootDirectory directory;
  const test::Key key = test::ec_key("P-256");
  const Certificate certificate = test::make_certificate(key.get());
  const std::string file = directory.write("signers/lab-key.pem", test::pem_of(certificate));
  directory.write("signers/other.der", test::der_of(certificate));
  const TrustedCertificates of_kernel = kernel_keys();
  const std::int64_t now = std::time(nullptr);
  Trust trust = read_trust(directory.at("signers"), of_kernel, now);
  CHECK(names(trust) == std::vector<std::string>{"kernel", "lab-key", "other"});
  CHECK(trust.problems.empty());

  // What is taken away counts no longer.
  std::filesystem::remove(file);
  trust = read_trust(directory.at("signers"), of_kernel, now);
  CHECK(names(trust) == std::vector<std::string>{"kernel", "other"});
  // A day later the certificate has expired; the kernel's keys know no dates.
  trust = read_trust(directory.at("signers"), of_kernel, now + 86400);
  CHECK(names(trust) == std::vector<std::string>{"kernel"});
  CHECK(tells(trust, "other.der", "expired"));
  CHECK(names(read_trust(directory.at("none"), of_kernel, now)) ==
        std::vector<std::string>{"kernel"});
}

TEST_CASE("what vouches for nothing is named, and spoils nothing else") {
  if (sample::skipped_without_root()) return;
  const RootDirectory directory;
  const test::Key key = test::ec_key("P-256");
  const std::string good = test::pem_of(test::make_certificate(key.get()));
  directory.write("signers/good.pem", good);
  directory.write("signers/kernel.pem", good);
  directory.write("signers/not.pem", "hello");
  directory.write("signers/chain.pem", good + good);
  directory.write("signers/weak.pem",
                  test::pem_of(test::make_certificate(test::rsa_key(1024).get())));
  directory.write("signers/later.pem",
                  test::pem_of(test::make_certificate(key.get(), {"x", 1, 3600, 7200})));
  RootDirectory::mode(directory.write("signers/open.pem", good), 0666);
  const Trust trust = read_trust(directory.at("signers"), {}, std::time(nullptr));
  CHECK(names(trust) == std::vector<std::string>{"good"});
  CHECK(trust.problems.size() == 6);
  CHECK(tells(trust, "kernel.pem", "cannot name"));
  CHECK(tells(trust, "not.pem", "neither"));
  CHECK(tells(trust, "chain.pem", "more than one"));
  CHECK(tells(trust, "weak.pem", "2048"));
  CHECK(tells(trust, "later.pem", "not valid yet"));
  CHECK(tells(trust, "open.pem", "written by group or others"));

  RootDirectory::mode(directory.at("signers"), 0777);
  const Trust unsafe = read_trust(directory.at("signers"), {}, std::time(nullptr));
  CHECK(unsafe.certificates.empty());
  CHECK(unsafe.problems.size() == 1);
}

TEST_CASE("never more certificates are trusted than can be tried") {
  if (sample::skipped_without_root()) return;
  const RootDirectory directory;
  const test::Key key = test::ec_key("P-256");
  const std::string good = test::pem_of(test::make_certificate(key.get()));
  for (int at = 0; at < 64; ++at) {
    directory.write("signers/key" + std::to_string(at) + ".pem", good);
  }
  CHECK(read_trust(directory.at("signers"), {}, std::time(nullptr)).certificates.size() == 64);
  const Trust trust = read_trust(directory.at("signers"), kernel_keys(2), std::time(nullptr));
  CHECK(trust.certificates.size() == kMostTrusted);
  CHECK(trust.problems.size() == 2);
}

TEST_CASE("a signer is lost with any certificate of its name") {
  const test::Key key = test::ec_key("P-256");
  const auto certificate = [&key](long serial) {
    return test::make_certificate(key.get(), {"x", serial});
  };
  TrustedCertificates before;
  before.push_back({"one", certificate(1)});
  before.push_back({"two", certificate(2)});
  before.push_back({"two", certificate(3)});
  TrustedCertificates now;
  CHECK(lost_signers(before, now) == std::vector<std::string>{"one", "two", "two"});
  now.push_back({"two", test::same_certificate(before[1].certificate)});
  now.push_back({"one", test::same_certificate(before[0].certificate)});
  CHECK(lost_signers(before, now) == std::vector<std::string>{"two"});
  now.push_back({"other", test::same_certificate(before[2].certificate)});
  CHECK(lost_signers(before, now) == std::vector<std::string>{"two"});
  now.push_back({"two", test::same_certificate(before[2].certificate)});
  CHECK(lost_signers(before, now).empty());
  // The same name with another certificate is another signer.
  now[1] = {"one", certificate(4)};
  CHECK(lost_signers(before, now) == std::vector<std::string>{"one"});
  CHECK(lost_signers({}, now).empty());
}
