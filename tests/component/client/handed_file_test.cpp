// SPDX-License-Identifier: Apache-2.0
#include "gate/client/handed_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "catch.h"
#include "component/client/listening_socket.h"
#include "component/client/temporary_folder.h"

using namespace modgate;
using sample::TemporaryFolder;

TEST_CASE("A regular file is opened for reading alone, close-on-exec, also behind a link") {
  const TemporaryFolder folder;
  std::ofstream(folder.at("mydrv.ko")) << "module";
  std::filesystem::create_symlink("mydrv.ko", folder.at("link.ko"));
  for (const char* name : {"mydrv.ko", "link.ko"}) {
    CAPTURE(name);
    const auto file = open_handed_file(folder.at(name));
    REQUIRE(file);
    CHECK((::fcntl(file->get(), F_GETFL) & O_ACCMODE) == O_RDONLY);
    CHECK((::fcntl(file->get(), F_GETFD) & FD_CLOEXEC) != 0);
    char first = 0;
    CHECK(::read(file->get(), &first, 1) == 1);
    CHECK(first == 'm');
  }
}

TEST_CASE("What is no regular file is rejected, and what is not there failed; nothing blocks") {
  const TemporaryFolder folder;
  REQUIRE(::mkfifo(folder.at("fifo.ko").c_str(), 0600) == 0);
  std::filesystem::create_symlink("fifo.ko", folder.at("link.ko"));
  std::filesystem::create_symlink("nowhere.ko", folder.at("dangling.ko"));
  std::filesystem::create_symlink("loop.ko", folder.at("loop.ko"));
  const Fd socket = sample::bound_socket(folder.at("socket.ko"));
  struct Row {
    std::string path;
    Outcome outcome;
    int code;
  };
  const Row rows[] = {
      {folder.at("fifo.ko"), Outcome::rejected, 0},
      {folder.at("link.ko"), Outcome::rejected, 0},
      {folder.path(), Outcome::rejected, 0},
      {"/dev/null", Outcome::rejected, 0},
      {"/dev/zero", Outcome::rejected, 0},
      {folder.at("socket.ko"), Outcome::rejected, ENXIO},
      {folder.at("missing.ko"), Outcome::failed, ENOENT},
      {folder.at("dangling.ko"), Outcome::failed, ENOENT},
      {folder.at("loop.ko"), Outcome::failed, ELOOP},
      {"/dev/null/mydrv.ko", Outcome::failed, ENOTDIR},
      {"./" + std::string(5000, 'x'), Outcome::failed, ENAMETOOLONG},
      {"", Outcome::failed, ENOENT},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path.substr(0, 80));
    const auto file = open_handed_file(row.path);
    REQUIRE_FALSE(file);
    CHECK(file.error().outcome == row.outcome);
    CHECK(file.error().code == row.code);
    CHECK_THAT(file.error().message, Catch::Matchers::ContainsSubstring(row.path));
  }
}

TEST_CASE("A file is opened with the caller's own rights",
          "[CVE-1999-1496][CVE-2025-46717][CVE-2025-46718]") {
  const TemporaryFolder folder;
  std::ofstream(folder.at("mydrv.ko")) << "module";
  REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
  REQUIRE(::chmod(folder.at("mydrv.ko").c_str(), 0) == 0);
  const bool root = ::geteuid() == 0;
  if (root) REQUIRE(::seteuid(65534) == 0);
  const auto file = open_handed_file(folder.at("mydrv.ko"));
  if (root) REQUIRE(::seteuid(0) == 0);
  REQUIRE_FALSE(file);
  CHECK(file.error().outcome == Outcome::failed);
  CHECK(file.error().code == EACCES);
}
