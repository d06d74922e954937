// SPDX-License-Identifier: Apache-2.0
#include "pam/service_check.h"

#include <unistd.h>

#include "component/config/root_directory.h"

using namespace modgate;
using Catch::Matchers::ContainsSubstring;
using sample::RootDirectory;
using sample::skipped_without_root;

namespace {

const std::string kSound = "auth required pam_unix.so\naccount required pam_unix.so\n";

/// "" where the service is sound.
std::string verdict(const RootDirectory& directory, const std::string& service = "gate") {
  const Status status = check_pam_service(service, directory.path());
  if (status) return {};
  CHECK(status.error().outcome == Outcome::unavailable);
  return status.error().message;
}

}  // namespace

TEST_CASE("A service with its includes is sound") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  directory.write("gate", kSound);
  CHECK(verdict(directory) == "");
  directory.write("common-auth",
                  "auth [success=1 default=ignore] pam_unix.so nullok\n"
                  "auth requisite pam_deny.so\nauth required pam_permit.so\n");
  directory.write("common-account", "account required pam_unix.so\n");
  directory.write("gate", "# Debian\n@include common-auth\n@include common-account\n");
  CHECK(verdict(directory) == "");
  directory.write("gate", "auth include common-auth\naccount substack common-account\n");
  CHECK(verdict(directory) == "");
  directory.write("gate",
                  "@include " + directory.at("common-auth") + "\n@include common-account\n");
  CHECK(verdict(directory) == "");
}

TEST_CASE("A service that accepts root without asking is refused, wherever the line stands") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  for (const char* line :
       {"auth sufficient pam_rootok.so", "-AUTH [success=done default=ignore] pam_rootok.so",
        "auth sufficient /lib/security/pam_rootok.so", "auth \\\n sufficient pam_rootok.so",
        "auth required pam_wheel.so group=adm use_uid",
        "auth sufficient pam_wheel.so use_uid trust",
        "auth sufficient pam_succeed_if.so use_uid user = root",
        "auth sufficient pam_succeed_if.so quiet [use_uid]"}) {
    CAPTURE(line);
    directory.write("gate", kSound + line + '\n');
    CHECK_THAT(verdict(directory),
               ContainsSubstring(directory.at("gate:3: ")) && ContainsSubstring("root"));
    directory.write("other", std::string(line) + '\n');
    directory.write("gate", kSound + "@include other\n");
    CHECK_THAT(verdict(directory), ContainsSubstring(directory.at("other:1: ")));
    directory.write("gate", kSound + "auth substack other\n");
    CHECK_THAT(verdict(directory), ContainsSubstring(directory.at("other:1: ")));
    // Included for another purpose the line does not count.
    directory.write("gate", kSound + "session include other\n");
    CHECK(verdict(directory) == "");
  }
  for (const char* line :
       {"#auth sufficient pam_rootok.so", "session sufficient pam_rootok.so",
        "auth required pam_wheel.so group=adm",
        "auth sufficient pam_succeed_if.so user ingroup adm",
        "auth required pam_succeed_if.so quiet # use_uid", "auth required pam_rootok_not.so"}) {
    CAPTURE(line);
    directory.write("gate", kSound + line + '\n');
    CHECK(verdict(directory) == "");
  }
}

TEST_CASE("A service that PAM's `other` would serve in part is refused") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  CHECK_THAT(verdict(directory), ContainsSubstring(directory.at("gate")));
  directory.write("gate", "");
  CHECK_THAT(verdict(directory), ContainsSubstring("other"));
  directory.write("gate", "auth required pam_unix.so\n");
  CHECK_THAT(verdict(directory), ContainsSubstring("no account line"));
  directory.write("gate", "account required pam_unix.so\n");
  CHECK_THAT(verdict(directory), ContainsSubstring("no auth line"));
  directory.write("common", "account required pam_unix.so\n");
  directory.write("gate", "auth include common\naccount include common\n");
  CHECK_THAT(verdict(directory), ContainsSubstring("no auth line"));
}

TEST_CASE("Includes must be there, and end", "[CVE-2025-7519]") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  directory.write("gate", kSound + "@include none\n");
  CHECK_THAT(verdict(directory),
             ContainsSubstring(directory.at("gate:3: ")) && ContainsSubstring("none"));
  directory.write("gate", kSound + "session include none\n");
  CHECK_THAT(verdict(directory), ContainsSubstring("none"));
  directory.write("gate", kSound + "@include gate\n");
  CHECK_THAT(verdict(directory), ContainsSubstring("nest too deep"));
  directory.write("gate", kSound + "@include ../etc/passwd\n");
  CHECK(verdict(directory) != "");

  // 15 files below the service are what libpam reads, 16 are too many.
  const auto chain = [&directory](int length) {
    for (int at = 0; at < length; ++at) {
      directory.write("f" + std::to_string(at), "@include f" + std::to_string(at + 1) + '\n');
    }
    directory.write("f" + std::to_string(length), kSound);
    directory.write("gate", "@include f0\n");
  };
  chain(14);
  CHECK(verdict(directory) == "");
  chain(15);
  CHECK_THAT(verdict(directory), ContainsSubstring("nest too deep"));

  // Few files that include each other many times over.
  std::string many;
  for (int count = 0; count < 20; ++count) many += "@include b\n";
  directory.write("b", kSound);
  directory.write("a", many);
  std::string more;
  for (int count = 0; count < 20; ++count) more += "@include a\n";
  directory.write("gate", more);
  CHECK_THAT(verdict(directory), ContainsSubstring("too many files"));
}

TEST_CASE("Files that others can write are refused") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  const std::string path = directory.write("gate", kSound);
  directory.mode(path, 0664);
  CHECK_THAT(verdict(directory), ContainsSubstring("can be written"));
  directory.mode(path, 0644);
  CHECK(verdict(directory) == "");
  const std::string other = directory.write("other", "# nothing\n");
  directory.write("gate", kSound + "@include other\n");
  CHECK(verdict(directory) == "");
  directory.mode(other, 0666);
  CHECK_THAT(verdict(directory), ContainsSubstring(other + " can be written") &&
                                     ContainsSubstring(directory.at("gate:3: ")));
  directory.write("gate", std::string(300U * 1024U, '#'));
  CHECK_THAT(verdict(directory), ContainsSubstring("larger"));
}

TEST_CASE("Links of root's are followed, and what they lead to is checked") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  const std::string real = directory.write("profile/system-auth", kSound);
  REQUIRE(::symlink("profile/../profile/system-auth", directory.at("gate").c_str()) == 0);
  CHECK(verdict(directory) == "");
  REQUIRE(::symlink("gate", directory.at("second").c_str()) == 0);
  CHECK(verdict(directory, "second") == "");
  directory.mode(real, 0666);
  CHECK(verdict(directory) != "");
  directory.mode(real, 0644);
  directory.mode(directory.at("profile"), 0777);
  CHECK(verdict(directory) != "");
  REQUIRE(::symlink("loop", directory.at("loop").c_str()) == 0);
  CHECK(verdict(directory, "loop") != "");
  REQUIRE(::symlink("none", directory.at("dangling").c_str()) == 0);
  CHECK(verdict(directory, "dangling") != "");
}

TEST_CASE("A name that libpam would read as another is no service") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  directory.write("gate", kSound);
  directory.write("gate-2.x_y", kSound);
  CHECK(verdict(directory, "gate-2.x_y") == "");
  directory.write("Gate", kSound);
  directory.write("sub/gate", kSound);
  for (const std::string name : {"", "Gate", "sub/gate", "../gate", "..", ".", ".gate", "gate ",
                                 "/etc/pam.d/login", "g\xc3\xa4te"}) {
    CAPTURE(name);
    CHECK(verdict(directory, name) != "");
  }
  CHECK(verdict(directory, std::string("gate\0x", 6)) != "");
  CHECK(verdict(directory, std::string(65, 'a')) != "");
}
