// SPDX-License-Identifier: Apache-2.0
#include "gate/config/trusted_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "component/config/root_directory.h"

using namespace modgate;
using sample::RootDirectory;
using sample::skipped_without_root;

namespace {

/// How reading ends: "" for success, else the message.
std::string refusal(const std::string& path) {
  const auto text = read_root_owned(path, 1024);
  if (text) return {};
  CHECK(text.error().outcome == Outcome::unavailable);
  return text.error().message;
}

using Catch::Matchers::ContainsSubstring;
constexpr uid_t kNobody = 65534;

}  // namespace

TEST_CASE("A file of root's is read whole, up to the limit", "[CVE-2026-4897]") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  const std::string path = directory.write("sub/file", std::string(1024, 'x'));
  const auto text = read_root_owned(path, 1024);
  REQUIRE(text);
  CHECK(*text == std::string(1024, 'x'));
  const auto too_much = read_root_owned(path, 1023);
  REQUIRE_FALSE(too_much);
  CHECK(too_much.error().code == EFBIG);
  CHECK(read_root_owned(directory.write("empty", ""), 0));
}

TEST_CASE("Who else can write the file decides whether it is trusted", "[OCPBUGS-97967]") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  const std::string path = directory.write("file", "text");
  for (const unsigned bits : {0644U, 0600U, 0400U, 0444U, 0755U}) {
    directory.mode(path, bits);
    CHECK(refusal(path) == "");
  }
  for (const unsigned bits : {0664U, 0646U, 0666U, 0620U, 0602U}) {
    directory.mode(path, bits);
    CHECK_THAT(refusal(path), ContainsSubstring(path) && ContainsSubstring("chmod go-w"));
  }
  directory.mode(path, 0644);
  REQUIRE(::chown(path.c_str(), kNobody, 0) == 0);
  CHECK_THAT(refusal(path), ContainsSubstring("chown root"));
}

TEST_CASE("Every directory above the file counts, a sticky one too") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  const std::string path = directory.write("a/b/file", "text");
  CHECK(refusal(path) == "");
  for (const char* parent : {"a", "a/b"}) {
    const std::string above = directory.at(parent);
    for (const unsigned bits : {0775U, 0757U, 01777U}) {
      directory.mode(above, bits);
      CHECK_THAT(refusal(path), ContainsSubstring(above + " can be written"));
    }
    directory.mode(above, 0755);
    REQUIRE(::chown(above.c_str(), kNobody, 0) == 0);
    CHECK_THAT(refusal(path), ContainsSubstring(above + " does not belong to root"));
    REQUIRE(::chown(above.c_str(), 0, 0) == 0);
  }
  CHECK(refusal(path) == "");
}

TEST_CASE("No link is followed, wherever it stands", "[CVE-2021-23239][CVE-2021-23240]") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  const std::string path = directory.write("real/file", "text");
  REQUIRE(::symlink(path.c_str(), directory.at("link").c_str()) == 0);
  REQUIRE(::symlink("real", directory.at("way").c_str()) == 0);
  const auto link = read_root_owned(directory.at("link"), 1024);
  REQUIRE_FALSE(link);
  CHECK(link.error().code == ELOOP);
  CHECK_THAT(refusal(directory.at("way/file")),
             ContainsSubstring(directory.at("way") + " is a symbolic link"));
  CHECK(refusal(directory.at("real/file")) == "");
}

TEST_CASE("Only regular files are files, and a FIFO does not block") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  const std::string fifo = directory.at("fifo");
  REQUIRE(::mkfifo(fifo.c_str(), 0644) == 0);
  CHECK_THAT(refusal(fifo), ContainsSubstring("regular"));
  CHECK_THAT(refusal(directory.path()), ContainsSubstring("regular"));
  CHECK_THAT(refusal("/dev/null"), ContainsSubstring("/dev/null"));
}

TEST_CASE("A path must say plainly where it leads") {
  for (const char* path : {"", "etc/passwd", "/", "//etc/passwd", "/etc//passwd", "/etc/./passwd",
                           "/etc/../etc/passwd", "/etc/passwd/", ".."}) {
    CAPTURE(path);
    CHECK(refusal(path) != "");
  }
  CHECK(refusal("/etc/passwd" + std::string(1, '\0') + "x") != "");
  CHECK(refusal('/' + std::string(5000, 'x')) != "");
}

TEST_CASE("What is missing is told apart from what is refused") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  for (const char* name : {"none", "none/file"}) {
    const auto text = read_root_owned(directory.at(name), 1024);
    REQUIRE_FALSE(text);
    CHECK(text.error().code == ENOENT);
  }
}

TEST_CASE("A directory is opened under the same rules") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  const std::string file = directory.write("sub/file", "text");
  CHECK(open_root_owned_directory(directory.at("sub")));
  CHECK_FALSE(open_root_owned_directory(file));
  directory.mode(directory.at("sub"), 0777);
  CHECK_FALSE(open_root_owned_directory(directory.at("sub")));
}
