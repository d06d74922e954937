// SPDX-License-Identifier: Apache-2.0
// The translation of what the real cvtsudoers prints, and the running of a program.
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "gate/cli/admin/program_output.h"
#include "unit/admin/sudoers.h"

using namespace modgate;
using namespace modgate::sample;

namespace {

constexpr const char* kConverter = "/usr/bin/cvtsudoers";

bool skipped_without_converter() {
  if (::access(kConverter, X_OK) == 0) return false;
  WARN("SKIPPED: there is no cvtsudoers; it is in the package sudo");
  return true;
}

/// A file with this text, gone at the end.
class TextFile {
 public:
  explicit TextFile(const std::string& text) {
    std::string name = "/tmp/modgate-test-XXXXXX";
    const int file = ::mkstemp(name.data());
    REQUIRE(file >= 0);
    ::close(file);
    path_ = name;
    std::ofstream(path_) << text;
  }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  ~TextFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// The policy for a text of sudoers.
std::string imported(const std::string& sudoers) {
  const TextFile file(sudoers);
  const auto json =
      output_of({kConverter, "-c", "/dev/null", "-e", "-f", "json", "--", file.path()});
  REQUIRE(json);
  REQUIRE(json->succeeded);
  return translated(json->out);
}

const Plan kLoad = load_of({fresh("dummy")});
const Plan kUnload = unload_of({fresh("dummy")});

}  // namespace

TEST_CASE("cvtsudoers: what a line of a real file allows, and what not") {
  if (skipped_without_converter()) return;
  struct Row {
    const char* text;
    bool load;
    bool unload;
  };
  const Row rows[] = {
      {"alice ALL = /sbin/modprobe dummy\n", true, false},
      {"bob ALL = /sbin/modprobe dummy\n", false, false},
      {"alice ALL = (root) NOPASSWD: /sbin/modprobe dummy, /sbin/rmmod dummy\n", true, true},
      {"alice ALL = (ALL : ALL) /usr/sbin/modprobe -r dummy\n", false, true},
      {"User_Alias DEVS = bob, alice\nCmnd_Alias MODS = /sbin/modprobe dummy, /sbin/rmmod dummy\n"
       "Host_Alias LAB = lab-*\nRunas_Alias OP = root\nDEVS LAB = (OP) MODS\n",
       true, true},
      {"alice office-* = /sbin/modprobe dummy\n", false, false},
      {"alice 10.0.0.0/8 = /sbin/modprobe dummy\n", false, false},
      {"alice ALL, !lab-2 = /sbin/modprobe dummy\n", false, false},
      {"alice ALL = (operator) /sbin/modprobe dummy\n", false, false},
      {"alice ALL = (: root) /sbin/modprobe dummy\n", false, false},
      {"Defaults runas_default=operator\nalice ALL = /sbin/modprobe dummy\n", false, false},
      {"Defaults targetpw\nalice ALL = /sbin/modprobe dummy\n", false, false},
      {"alice ALL = ALL\n", false, false},
      {"ALL ALL = /sbin/modprobe dummy\n", false, false},
      {"+alice ALL = /sbin/modprobe dummy\n", false, false},
      {"alice ALL = /sbin/modprobe\n", false, false},
      {"alice ALL = /sbin/modprobe dumm?\n", false, false},
      {"alice ALL = /sbin/modprobe ^dummy$\n", false, false},
      {"alice ALL = /sbin/mod* dummy\n", false, false},
      {"alice ALL = /sbin/modprobe -f dummy\n", false, false},
      {"alice ALL = /sbin/insmod /opt/dummy.ko\n", false, false},
      {"alice ALL = sha224:0GomF8mNN3wlDt1HD9XldjJ3SNgpFdbjO1+NsQ== /sbin/modprobe dummy\n", false,
       false},
      {"alice ALL = /sbin/modprobe dummy, !/sbin/modprobe dummy\n", false, false},
      {"alice ALL = !/sbin/modprobe dummy, /sbin/modprobe dummy\n", true, false},
      {"alice ALL = /sbin/modprobe dummy\n%dev ALL = !/sbin/\n", false, false},
      {"alice ALL = NOTBEFORE=20261201000000Z NOTAFTER=20270101000000Z /sbin/modprobe dummy\n",
       true, false},
      {"alice ALL = NOTAFTER=20261201000000Z /sbin/modprobe dummy\n", false, false},
      {"# nothing\n", false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const std::string policy = imported(row.text);
    CHECK(may(policy, "alice", kLoad) == row.load);
    CHECK(may(policy, "alice", kUnload) == row.unload);
    CHECK_FALSE(may(policy, "carol", kLoad));
  }
}

TEST_CASE("cvtsudoers: NOPASSWD, and a later line that asks") {
  if (skipped_without_converter()) return;
  const std::string line = "alice ALL = NOPASSWD: /sbin/modprobe dummy\n";
  CHECK_FALSE(asks_password(imported(line), "alice", kLoad));
  CHECK(asks_password(imported(line + "%sudo ALL = (ALL : ALL) ALL\n"), "alice", kLoad));
  CHECK_FALSE(asks_password(imported("%sudo ALL = (ALL : ALL) ALL\n" + line), "alice", kLoad));
}

TEST_CASE("cvtsudoers: control characters in names stay out of the policy") {
  if (skipped_without_converter()) return;
  const std::string policy =
      imported("\"x\tal\\\"ice\" ALL = /sbin/modprobe dummy\nal\x01ice ALL = /sbin/rmmod dummy\n");
  CHECK(policy_of(policy).rules().empty());
}

TEST_CASE("cvtsudoers: what it cannot read, or say, is an error and no policy") {
  if (skipped_without_converter()) return;
  const TextFile broken("alice ALL\n");
  const auto failed =
      output_of({kConverter, "-c", "/dev/null", "-e", "-f", "json", "--", broken.path()});
  REQUIRE(failed);
  CHECK_FALSE(failed->succeeded);
  CHECK(failed->err.find("syntax error") != std::string::npos);
  // An alias of commands that is not defined stands for none.
  CHECK(policy_of(imported("alice ALL = NOBODY_SAID_WHAT\n")).rules().empty());
  // Of hosts, sudo 1.9.13 prints no JSON, and 1.9.16 takes it for the name of a host.
  const std::string nowhere = imported("alice HOSTS_OF_NOBODY = /sbin/modprobe dummy\n");
  CHECK((nowhere.starts_with("refused: ") ||
         nowhere.find("hosts = [\"HOSTS_OF_NOBODY\"]") != std::string::npos));
}

TEST_CASE("a program's output: what it prints and how it ends") {
  const auto echo = output_of({"/bin/echo", "a", "b c"});
  REQUIRE(echo);
  CHECK(echo->out == "a b c\n");
  CHECK(echo->err.empty());
  CHECK(echo->succeeded);

  const auto false_ = output_of({"/bin/false"});
  REQUIRE(false_);
  CHECK_FALSE(false_->succeeded);

  const auto complaint = output_of({"/bin/cat", "/nonexistent"});
  REQUIRE(complaint);
  CHECK_FALSE(complaint->succeeded);
  CHECK(complaint->err.find("/nonexistent") != std::string::npos);

  const auto none = output_of({"/nonexistent"});
  REQUIRE_FALSE(none);
  CHECK(none.error().code == ENOENT);
}

TEST_CASE("a program's output: no environment of the caller's, and nothing to read",
          "[CVE-2004-1051][CVE-2005-2959][CVE-2005-4158][CVE-2006-0151][CVE-2019-25016]") {
  REQUIRE(::setenv("MODGATE_TEST", "1", 1) == 0);
  const auto environment = output_of({"/usr/bin/env"});
  REQUIRE(environment);
  CHECK(environment->out == "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nLANG=C\n");
  const auto input = output_of({"/bin/cat"});
  REQUIRE(input);
  CHECK(input->succeeded);
  CHECK(input->out.empty());
}

TEST_CASE("a program's output: it neither takes nor prints more than it may") {
  const auto begin = std::chrono::steady_clock::now();
  const auto slow = output_of({"/bin/sleep", "60"}, {1000, std::chrono::milliseconds(100)});
  REQUIRE_FALSE(slow);
  CHECK(slow.error().message == "/bin/sleep: it takes too long");
  const auto much = output_of({"/usr/bin/yes"}, {100000, std::chrono::seconds(30)});
  REQUIRE_FALSE(much);
  CHECK(much.error().message == "/usr/bin/yes: it prints too much");
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
}
