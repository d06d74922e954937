// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/sudoers_command.h"

#include "catch.h"

using namespace modgate;

namespace {

/// "load dummy numdummies=3", "unload dummy", "no", or why not; with a * where it is open to more.
std::string meaning(const std::string& text) {
  const SudoersCommand command = sudoers_command(text);
  std::string said;
  switch (command.kind) {
    case SudoersCommand::Kind::unrelated:
      return "no";
    case SudoersCommand::Kind::load:
      said = "load " + command.module;
      break;
    case SudoersCommand::Kind::unload:
      said = "unload " + command.module;
      break;
    case SudoersCommand::Kind::unsayable:
      said = command.why;
      break;
  }
  for (const Parameter& parameter : command.parameters) {
    said += ' ' + parameter.name + '=' + parameter.value;
  }
  return (command.is_open ? "*" : "") + said;
}

}  // namespace

TEST_CASE("a command of sudoers that loads or unloads one module by its name") {
  const std::pair<const char*, const char*> rows[] = {
      {"/sbin/modprobe dummy", "load dummy"},
      {"/usr/sbin/modprobe dummy", "load dummy"},
      {"/bin/modprobe dummy", "load dummy"},
      {"/usr/bin/modprobe dummy", "load dummy"},
      {"/sbin/modprobe snd-hda-intel", "load snd_hda_intel"},
      {"/sbin/modprobe -qv -s --syslog dummy", "load dummy"},
      {"/sbin/modprobe dummy --quiet", "load dummy"},
      {"/sbin/modprobe -- dummy", "load dummy"},
      {"/sbin/modprobe dummy numdummies=3", "load dummy numdummies=3"},
      {"/sbin/modprobe vfio-pci ids=10de:1b80,10de:10f0 disable-vga=1",
       "load vfio_pci ids=10de:1b80,10de:10f0 disable_vga=1"},
      {"/sbin/modprobe -r dummy", "unload dummy"},
      {"/sbin/modprobe --remove dummy", "unload dummy"},
      {"/sbin/modprobe dummy -rv", "unload dummy"},
      {"/sbin/rmmod dummy", "unload dummy"},
      {"/usr/sbin/rmmod -v --syslog nvidia-uvm", "unload nvidia_uvm"},
  };
  for (const auto& [text, said] : rows) {
    CAPTURE(text);
    CHECK(meaning(text) == said);
  }
}

TEST_CASE("a command of sudoers that no rule can say, and those that may be many") {
  const std::pair<const char*, const char*> rows[] = {
      {"ALL", "*ALL allows every command, whatever the module"},
      {"/sbin/modprobe", "*without arguments it allows any, which is as good as root"},
      {"/sbin/rmmod", "*without arguments it allows any, which is as good as root"},
      {"/sbin/insmod", "*without arguments it allows any, which is as good as root"},
      {"/sbin/modprobe \"\"", "it names no module"},
      {"/sbin/modprobe -q", "it names no module"},
      {"/sbin/modprobe v*", "*wildcards match white space too, and with it any option"},
      {"/sbin/modprobe ?un", "*wildcards match white space too, and with it any option"},
      {"/sbin/modprobe [!-]*", "*wildcards match white space too, and with it any option"},
      {"/sbin/modprobe ^t.n$", "*wildcards match white space too, and with it any option"},
      {"/sbin/modprobe t\\*n", "*wildcards match white space too, and with it any option"},
      {"/sbin/modprobe \"tun\"", "*there are other characters than plain ones in it"},
      {"/sbin/modprobe tun\n-f", "*there are other characters than plain ones in it"},
      {"/sbin/modprobe t\xc3\xbcn", "*there are other characters than plain ones in it"},
      {"/sbin/modprobe -f tun", "a module is never forced"},
      {"/sbin/modprobe -qf tun", "a module is never forced"},
      {"/sbin/modprobe tun --force", "a module is never forced"},
      {"/sbin/modprobe --force-vermagic tun", "a module is never forced"},
      {"/sbin/rmmod -f tun", "a module is never forced"},
      {"/sbin/modprobe -a tun tap", "there is nothing like the option -a"},
      {"/sbin/modprobe -C x tun", "there is nothing like the option -C"},
      {"/sbin/modprobe -d /x tun", "there is nothing like the option -d"},
      {"/sbin/modprobe -i tun", "there is nothing like the option -i"},
      {"/sbin/modprobe --rem tun", "there is nothing like the option --rem"},
      {"/sbin/modprobe tun tap", "'tap' is no PARAM=VALUE"},
      {"/sbin/modprobe tun a.b=1", "'a.b=1' is no PARAM=VALUE"},
      {"/sbin/modprobe tun =1", "'=1' is no PARAM=VALUE"},
      {"/sbin/modprobe -r tun tap", "several modules at once: name each by itself"},
      {"/sbin/rmmod tun tap", "several modules at once: name each by itself"},
      {"/sbin/modprobe -- -r", "'-r' is no name of a module"},
      {"/sbin/modprobe pci:v0", "'pci:v0' is no name of a module"},
      {"/sbin/rmmod ./tun.ko", "'./tun.ko' is no name of a module"},
      {"/sbin/insmod /opt/x.ko a=1",
       "a file is pinned to its bytes: 'modgate pin /opt/x.ko' prints a rule"},
      {"/usr/bin/kmod load tun", "name modprobe or rmmod"},
      {"/usr/local/sbin/modprobe tun", "*it is not the program of the system"},
      {"/sbin/", "*it stands for several programs, tools for modules among them"},
      {"/usr/*/", "*it stands for several programs, tools for modules among them"},
      {"/sbin/mod*", "*it stands for several programs, tools for modules among them"},
      {"/usr/sbin/[im]* x", "*it stands for several programs, tools for modules among them"},
      {"^/sbin/.*$", "*it is a regular expression"},
  };
  for (const auto& [text, said] : rows) {
    CAPTURE(text);
    CHECK(meaning(text) == said);
  }
  CHECK(meaning("/sbin/modprobe " + std::string(300, 'x')) == "it is too long to read");
}

TEST_CASE("a command of sudoers that is not about modules") {
  for (const char* text :
       {"/usr/bin/apt update", "/sbin/lsmod", "/sbin/depmod", "/opt/", "/opt/*", "/sbin/ip*",
        "sudoedit /etc/modules", "list", "modprobe tun", "", " ", "/bin/sh -c modprobe"}) {
    CAPTURE(text);
    CHECK(meaning(text) == "no");
  }
}

TEST_CASE("whether a later command may be one that an earlier means") {
  struct Row {
    const char* earlier;
    const char* later;
    bool same;
  };
  const Row rows[] = {
      {"/sbin/modprobe tun", "/usr/sbin/modprobe tun", true},
      {"/sbin/modprobe tun", "/sbin/modprobe tap", false},
      {"/sbin/modprobe tun", "/sbin/rmmod tun", false},
      {"/sbin/rmmod tun", "/sbin/modprobe -r tun", true},
      {"/sbin/modprobe a-b", "/sbin/modprobe -q a_b", true},
      {"/sbin/modprobe tun", "/sbin/modprobe tun x=1", true},
      {"/sbin/modprobe tun", "/sbin/modprobe", true},
      {"/sbin/modprobe tun", "/sbin/modprobe t*", true},
      {"/sbin/modprobe tun", "ALL", true},
      {"/sbin/modprobe tun", "/usr/sbin/", true},
      {"/sbin/modprobe tun", "/usr/local/bin/modprobe tun", true},
      {"/sbin/modprobe tun", "/opt/", false},
      {"/sbin/modprobe tun", "/usr/bin/apt", false},
      {"/sbin/modprobe tun", "/sbin/modprobe -f tun", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.earlier, row.later);
    CHECK(may_be_same(sudoers_command(row.earlier), sudoers_command(row.later)) == row.same);
  }
}
