// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/tree_facts.h"

#include "unit/admin/text_directory.h"

using namespace modgate;
using sample::TextDirectory;

TEST_CASE("tree facts: the modules of modules.dep, and what is built in") {
  const TextDirectory tree;
  tree.write("modules.dep",
             "kernel/drivers/net/dummy.ko:\n"
             "kernel/drivers/usb/storage/usb-storage.ko.xz: kernel/drivers/usb/core/usbcore.ko\n"
             "extra.d/my-mod.ko.zst:\n"
             "plain.ko:\n"
             "\n");
  tree.write("modules.builtin", "kernel/fs/ext4/ext4.ko\n");
  const auto modules = modules_of_tree(tree.path());
  REQUIRE(modules);
  std::vector<std::string> found;
  for (const TreeModule& module : *modules) found.push_back(module.name + ' ' + module.place);
  CHECK(found == std::vector<std::string>{"dummy kernel/drivers/net/dummy",
                                          "usb_storage kernel/drivers/usb/storage/usb-storage",
                                          "my_mod extra.d/my-mod", "plain plain", "ext4 "});
}

TEST_CASE("tree facts: without both files nothing is known") {
  const TextDirectory tree;
  CHECK_FALSE(modules_of_tree(tree.path()));
  CHECK_FALSE(modules_of_tree(tree.at("none")));
  tree.write("modules.dep", "kernel/a.ko:\n");
  CHECK_FALSE(modules_of_tree(tree.path()));
  tree.write("modules.builtin", "");
  const auto modules = modules_of_tree(tree.path());
  REQUIRE(modules);
  CHECK(modules->size() == 1);
}
