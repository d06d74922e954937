// SPDX-License-Identifier: Apache-2.0
#include "catch.h"
#include "gate/module/kmod_context.h"
#include "gate/module/modprobe_config.h"
#include "gate/module/module_name.h"
#include "gate/module/unload_order.h"

using namespace modgate;

TEST_CASE("a canonical name is what the kernel holds") {
  for (const char* name : {"a", "snd_hda_intel", "8250_base", "X"}) CHECK(is_canonical_name(name));
  CHECK(is_canonical_name(std::string(55, 'a')));
  for (const char* name : {"", "a-b", "a.b", "a/b", "..", "a b", "a\n", "\xc3\xa4", "a*"}) {
    CHECK_FALSE(is_canonical_name(name));
  }
  CHECK_FALSE(is_canonical_name(std::string(56, 'a')));
  CHECK_FALSE(is_canonical_name(std::string_view("a\0b", 3)));
}

TEST_CASE("what is looked up is of the alphabet of aliases") {
  for (const char* text : {"tun", "a-b", "net-pf-29", "pci:v00008086d*", "symbol:printk",
                           "char-major-10-200", "dmi*:pnFOO(R):", "acpi:PNP0501"}) {
    CHECK(is_lookup_text(text));
  }
  CHECK(is_lookup_text(std::string(1024, 'a')));
  for (const char* text : {"", "a b", "a\tb", "a\nb", "a\"b", "a'b", "a[0-9]b", "]", "a`b",
                           "/etc/x", "a/b", "\x7f", "\xc3\xa4"}) {
    CHECK_FALSE(is_lookup_text(text));
  }
  CHECK_FALSE(is_lookup_text(std::string(1025, 'a')));
  CHECK_FALSE(is_lookup_text(std::string_view("a\0b", 3)));
}

TEST_CASE("a place is below the tree and without endings") {
  const std::string tree = "/lib/modules/R";
  CHECK(place_of(tree, tree + "/kernel/net/tun.ko") == "kernel/net/tun");
  CHECK(place_of(tree, tree + "/extra/a.b.ko.xz") == "extra/a.b");
  CHECK(place_of(tree, tree + "/extra/a.ko.zst") == "extra/a");
  CHECK(place_of(tree, tree + "/extra/a.ko.gz") == "extra/a");
  CHECK(place_of(tree, "/lib/modules/R2/kernel/a.ko") == "");
  CHECK(place_of(tree, "/opt/a.ko") == "");
  CHECK(place_of(tree, tree + "/kernel/a.txt") == "");
  CHECK(place_of(tree, "") == "");
}

TEST_CASE("the line of a command is found as libkmod finds it") {
  ModprobeConfig config;
  config.parse("a.conf",
               "# install commented x\n"
               "\n"
               "install  snd-card /bin/one\n"
               "remove usb* \\\n"
               "  /bin/two\n"
               "install last_one /bin/three\n"
               "install incomplete\n");
  config.parse("b.conf", "install snd_card /bin/later\n\tinstall indented /bin/x");
  CHECK(config.where("install", "snd_card") == "a.conf:3");
  CHECK(config.where("remove", "usb_storage") == "a.conf:4");
  CHECK(config.where("install", "last_one") == "a.conf:6");
  CHECK(config.where("install", "indented") == "b.conf:2");
  CHECK(config.where("install", "incomplete") == "modprobe.d");
  CHECK(config.where("install", "commented") == "modprobe.d");
  CHECK(config.where("install", "usb_storage") == "modprobe.d");
  CHECK(config.where("remove", "snd_card") == "modprobe.d");
}

TEST_CASE("soft dependencies are those after pre: and post:") {
  ModprobeConfig config;
  config.parse("a", "softdep c ignored pre: a b-x post: d\nsoftdep c pre: second\nsoftdep e f\n");
  CHECK(config.soft_dependencies("c") == std::vector<std::string>{"a", "b-x", "d"});
  CHECK(config.soft_dependencies("e").empty());
  CHECK(config.soft_dependencies("none").empty());
}

TEST_CASE("odd configuration is read to its end") {
  ModprobeConfig config;
  config.parse("a", "\\");
  config.parse("b", "\\\n\\\n\\");
  config.parse("c", std::string("install\0x y\n", 12));
  config.parse("d", "install a \\\n\\\n b\ninstall z /bin/z");
  CHECK(config.where("install", "a") == "d:1");
  CHECK(config.where("install", "z") == "d:4");
}

TEST_CASE("holders go first") {
  const auto module = [](const std::string& name, std::vector<std::string> holders) {
    LoadedModule loaded;
    loaded.name = name;
    loaded.holders = std::move(holders);
    return loaded;
  };
  const std::vector<LoadedModule> loaded = {module("base", {"middle", "other"}),
                                            module("middle", {"top"}),
                                            module("top", {}),
                                            module("other", {}),
                                            module("loop_a", {"loop_b"}),
                                            module("loop_b", {"loop_a"})};
  using Names = std::vector<std::string>;
  CHECK(holders_first({"base", "middle", "top"}, loaded) == Names{"top", "middle", "base"});
  CHECK(holders_first({"top", "middle", "base"}, loaded) == Names{"top", "middle", "base"});
  CHECK(holders_first({"base", "top"}, loaded) == Names{"base", "top"});
  CHECK(holders_first({"base", "other", "base"}, loaded) == Names{"other", "base"});
  CHECK(holders_first({"absent", "base"}, loaded) == Names{"absent", "base"});
  CHECK(holders_first({"loop_a", "loop_b"}, loaded).size() == 2);
  CHECK(holders_first({}, loaded).empty());
}
