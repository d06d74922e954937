// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/modprobe_lines.h"

#include "unit/admin/text_directory.h"
#include "unit/policy/sample.h"

using namespace modgate;
using sample::TextDirectory;

namespace {

/// The warnings, with the directory's name left out.
std::vector<std::string> warnings(const TextDirectory& directory, const std::string& policy) {
  std::vector<std::string> texts;
  const auto problems = modprobe_lines_in_the_way(
      policy_of(policy), {directory.at("etc"), directory.at("run"), directory.at("none")});
  for (const Problem& problem : problems) {
    CHECK_FALSE(problem.is_error);
    texts.push_back(problem.file.substr(directory.path().size() + 1) + ':' +
                    std::to_string(problem.line) + ' ' + problem.message);
  }
  return texts;
}

std::string warning(const std::string& where, const std::string& what, const std::string& module) {
  return where + " this '" + what + "' line makes " + module +
         " be refused, which the policy allows: such commands are never run";
}

using Texts = std::vector<std::string>;

const std::string kRole = "[role.dev]\nmembers = [\"alice\"]\n[[role.dev.allow]]\n";

}  // namespace

TEST_CASE("modprobe.d: install and remove lines for what the policy allows are in the way") {
  const TextDirectory directory;
  directory.write("etc/a.conf",
                  "# install dummy /bin/true\n"
                  "options dummy numdummies=1\n"
                  "  install\tdummy /bin/true\n"
                  "install usb-storage /bin/false\n"
                  "remove dummy /bin/true\n"
                  "blacklist dummy\n"
                  "install\n");
  const std::string load = kRole + "modules = [\"dummy\", \"usb-*\"]\n";
  CHECK(warnings(directory, load) == Texts{warning("etc/a.conf:3", "install", "dummy"),
                                           warning("etc/a.conf:4", "install", "usb_storage")});
  CHECK(warnings(directory, kRole + "modules = [\"dummy\"]\nactions = [\"unload-own\"]\n") ==
        Texts{warning("etc/a.conf:5", "remove", "dummy")});
  CHECK(warnings(directory, kRole + "modules = [\"veth\"]\n").empty());
  CHECK(warnings(directory, "[[deny]]\nmodules = [\"*\"]\n").empty());
  CHECK(warnings(directory, "").empty());
}

TEST_CASE("modprobe.d: of two files with one name the first directory's counts") {
  const TextDirectory directory;
  directory.write("etc/same.conf", "# nothing\n");
  directory.write("run/same.conf", "install dummy /bin/true\n");
  directory.write("run/other.conf", "install dummy /bin/true\n");
  directory.write("run/other.txt", "install dummy /bin/true\n");
  CHECK(warnings(directory, kRole + "modules = [\"dummy\"]\n") ==
        Texts{warning("run/other.conf:1", "install", "dummy")});
}
