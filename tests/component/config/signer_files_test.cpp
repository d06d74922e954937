// SPDX-License-Identifier: Apache-2.0
#include "gate/config/signer_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include "catch.h"
#include "component/config/root_directory.h"

using namespace modgate;
using modgate::sample::RootDirectory;

TEST_CASE("the certificates of the signers directory are read in name order") {
  if (sample::skipped_without_root()) return;
  const RootDirectory directory;
  directory.write("signers/b.der", "two");
  directory.write("signers/a.pem", "one");
  directory.write("signers/README", "not a certificate");
  directory.write("signers/.hidden.pem", "not seen");
  directory.write("signers/old.pem~", "not a certificate");
  const auto files = read_signer_files(directory.at("signers"), 16);
  REQUIRE(files);
  REQUIRE(files->size() == 2);
  CHECK((*files)[0].name == "a.pem");
  CHECK(*(*files)[0].content == "one");
  CHECK((*files)[1].name == "b.der");
  CHECK(*(*files)[1].content == "two");
}

TEST_CASE("a directory of signers that is not there holds none") {
  if (sample::skipped_without_root()) return;
  const RootDirectory directory;
  const auto files = read_signer_files(directory.at("signers"), 16);
  REQUIRE(files);
  CHECK(files->empty());
}

TEST_CASE("an unsafe certificate spoils itself alone") {
  if (sample::skipped_without_root()) return;
  const RootDirectory directory;
  directory.write("signers/good.pem", "good");
  RootDirectory::mode(directory.write("signers/writable.pem", "x"), 0664);
  directory.write("signers/large.pem", std::string(17, 'x'));
  REQUIRE(::chown(directory.write("signers/theirs.pem", "x").c_str(), 65534, 0) == 0);
  std::filesystem::create_symlink(directory.at("signers/good.pem"),
                                  directory.at("signers/link.pem"));
  REQUIRE(::mkfifo(directory.at("signers/fifo.pem").c_str(), 0600) == 0);
  const auto files = read_signer_files(directory.at("signers"), 16);
  REQUIRE(files);
  REQUIRE(files->size() == 6);
  for (const SignerFile& file : *files) {
    INFO(file.name);
    CHECK(static_cast<bool>(file.content) == (file.name == "good.pem"));
  }
}

TEST_CASE("nothing is taken from a signers directory that others can write") {
  if (sample::skipped_without_root()) return;
  const RootDirectory directory;
  directory.write("signers/good.pem", "good");
  RootDirectory::mode(directory.at("signers"), 0775);
  CHECK_FALSE(read_signer_files(directory.at("signers"), 16));
  RootDirectory::mode(directory.at("signers"), 0755);
  CHECK(read_signer_files(directory.at("signers"), 16));
}
