// SPDX-License-Identifier: Apache-2.0
#include "gate/module/tree.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "catch.h"
#include "component/module/fixture_tree.h"
#include "gate/module/vermagic.h"
#include "unit/module/images.h"

using namespace modgate;
using modgate::test::FixtureTree;

namespace {

namespace fs = std::filesystem;

void touch(const std::string& path) { std::ofstream(path) << "content"; }

}  // namespace

TEST_CASE("a tree is itself or lies below the directory by the kernel's release",
          "[CVE-2022-1117]") {
  const FixtureTree fixture;
  CHECK_FALSE(ModuleTree::open(fixture.tree()));
  touch(fixture.tree() + "/modules.dep.bin");
  const auto tree = ModuleTree::open(fixture.tree() + "//");
  REQUIRE(tree);
  CHECK(tree->directory() == fixture.tree());

  const std::string parent = fixture.root() + "/parent";
  const std::string running = parent + "/" + kernel_release();
  fs::create_directories(running);
  const auto missing = ModuleTree::open(parent);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().outcome == Outcome::unavailable);
  touch(running + "/modules.dep.bin");
  const auto below = ModuleTree::open(parent);
  REQUIRE(below);
  CHECK(below->directory() == running);
}

TEST_CASE("an index that others than root could have written is not read", "[KMOD-PARSERS]") {
  if (::geteuid() != 0) {
    WARN("SKIPPED: only root can make files of root's");
    return;
  }
  const FixtureTree fixture;
  touch(fixture.tree() + "/modules.dep.bin");
  const auto tree = ModuleTree::open(fixture.tree());
  REQUIRE(tree);
  const auto message = [&] {
    const Status checked = tree->check_indexes();
    return checked ? "sound" : checked.error().message;
  };
  CHECK(message() == "sound");
  REQUIRE(::chmod(fixture.tree().c_str(), 0775) == 0);
  CHECK(message() ==
        "the module tree is unsafe: " + fixture.tree() + " can be written by group or others");
  REQUIRE(::chmod(fixture.tree().c_str(), 0755) == 0);
  for (const std::string name : {"modules.dep.bin", "modules.alias.bin", "modules.softdep"}) {
    const std::string path = fixture.tree() + '/' + name;
    touch(path);
    CHECK(message() == "sound");
    REQUIRE(::chmod(path.c_str(), 0666) == 0);
    CHECK(message() == "the module tree is unsafe: " + path + " can be written by group or others");
    REQUIRE(::chmod(path.c_str(), 0644) == 0);
    REQUIRE(::chown(path.c_str(), 65534, 0) == 0);
    CHECK(message() == "the module tree is unsafe: " + path + " does not belong to root");
    REQUIRE(::chown(path.c_str(), 0, 0) == 0);
  }
  fs::remove(fixture.tree() + "/modules.alias.bin");
  fs::create_directory(fixture.tree() + "/modules.alias.bin");
  CHECK(message() == "the module tree is unsafe: " + fixture.tree() +
                         "/modules.alias.bin is not a regular file");
}

TEST_CASE("only what lies in the tree, without a link, of root's alone, is opened") {
  if (::geteuid() != 0) {
    WARN("SKIPPED: only root can make files of root's");
    return;
  }
  const FixtureTree fixture;
  const std::string root = fixture.tree();
  fixture.add("kernel/net/good.ko", std::string("good"));
  touch(root + "/modules.dep.bin");
  const auto tree = ModuleTree::open(root);
  REQUIRE(tree);
  const std::string good = root + "/kernel/net/good.ko";
  {
    const auto file = tree->open_module(good);
    REQUIRE(file);
    CHECK(test::content_of(file->get()) == "good");
  }
  const auto outcome = [&](const std::string& path) {
    const auto file = tree->open_module(path);
    return file ? Outcome::done : file.error().outcome;
  };
  CHECK(outcome(root + "/kernel/net/absent.ko") == Outcome::failed);
  CHECK(outcome("/etc/passwd") == Outcome::rejected);
  CHECK(outcome("kernel/net/good.ko") == Outcome::rejected);
  CHECK(outcome(root + "x/kernel/net/good.ko") == Outcome::rejected);
  CHECK(outcome(root + "/../0.0-test/kernel/net/good.ko") == Outcome::rejected);
  CHECK(outcome(root + "/kernel/net") == Outcome::rejected);

  SECTION("links") {
    fs::create_symlink("good.ko", root + "/kernel/net/link.ko");
    CHECK(outcome(root + "/kernel/net/link.ko") == Outcome::rejected);
    fs::create_directory_symlink("net", root + "/kernel/linked");
    CHECK(outcome(root + "/kernel/linked/good.ko") == Outcome::rejected);
  }
  SECTION("other kinds of file") {
    REQUIRE(::mkfifo((root + "/kernel/net/fifo.ko").c_str(), 0600) == 0);
    CHECK(outcome(root + "/kernel/net/fifo.ko") == Outcome::rejected);
  }
  SECTION("owner and mode of the file") {
    REQUIRE(::chmod(good.c_str(), 0664) == 0);
    CHECK(outcome(good) == Outcome::rejected);
    REQUIRE(::chmod(good.c_str(), 0646) == 0);
    CHECK(outcome(good) == Outcome::rejected);
    REQUIRE(::chmod(good.c_str(), 0644) == 0);
    CHECK(outcome(good) == Outcome::done);
    REQUIRE(::chown(good.c_str(), 12345, 0) == 0);
    CHECK(outcome(good) == Outcome::rejected);
  }
  SECTION("owner and mode of the directories on the way") {
    for (const std::string& directory : {root, root + "/kernel", root + "/kernel/net"}) {
      REQUIRE(::chmod(directory.c_str(), 0777) == 0);
      CHECK(outcome(good) == Outcome::rejected);
      REQUIRE(::chmod(directory.c_str(), 0755) == 0);
      CHECK(outcome(good) == Outcome::done);
      REQUIRE(::chown(directory.c_str(), 12345, 0) == 0);
      CHECK(outcome(good) == Outcome::rejected);
      REQUIRE(::chown(directory.c_str(), 0, 0) == 0);
    }
  }
}

TEST_CASE("the kernel's vermagic is read from a module that was built with it") {
  if (::geteuid() != 0) {
    WARN("SKIPPED: only root can make files of root's");
    return;
  }
  const FixtureTree fixture;
  touch(fixture.tree() + "/modules.dep.bin");
  std::ofstream(fixture.tree() + "/modules.order") << "kernel/first.ko\nkernel/second.ko\n";
  const std::string magic = kernel_release() + " SMP mod_unload";
  test::ModuleFile file("first");
  file.modinfo = {"name=first", "vermagic=" + magic + " "};
  fixture.add("kernel/first.ko", file);
  PlannedModule module;
  module.path = fixture.tree() + "/extra/other.ko";
  module.place = "extra/other";
  CHECK(kernel_vermagic(module) == magic);
  // One of another release says nothing of this kernel.
  file.modinfo = {"name=first", "vermagic=0.1-other SMP mod_unload "};
  fixture.add("kernel/first.ko", file);
  CHECK(kernel_vermagic(module).empty());
}
