// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/policy_draft.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <sstream>
#include <thread>
#include <vector>

#include "component/config/root_directory.h"

using namespace modgate;
using sample::RootDirectory;
using sample::skipped_without_root;

namespace fs = std::filesystem;

namespace {

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<std::string> names_in(const RootDirectory& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory.path())) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// As an editor does: in place.
void edit(const PolicyDraft& draft, const std::string& text) {
  std::ofstream(draft.path(), std::ios::trunc) << text;
}

std::string trouble_of(const Result<PolicyDraft>& draft) {
  return draft ? "none" : draft.error().message;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("policy draft: a copy beside the file, that no helper reads, and gone when discarded") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  const std::string file = directory.write("policy.toml", "# old\n");
  auto draft = PolicyDraft::open(file);
  REQUIRE(draft);
  CHECK(draft->before() == "# old\n");
  CHECK(*draft->text() == "# old\n");
  const std::string name = fs::path(draft->path()).filename();
  CHECK(name.starts_with(".policy.toml."));
  CHECK_FALSE(name.ends_with(".toml"));
  edit(*draft, "# new\n");
  CHECK(*draft->text() == "# new\n");
  CHECK(text_of(file) == "# old\n");
  CHECK(draft->discard());
  CHECK(names_in(directory) == Names{"policy.toml"});
  CHECK_FALSE(draft->text());
  CHECK(draft->discard());
}

TEST_CASE("policy draft: an install keeps the last five versions") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  const std::string file = directory.write("policy.toml", "0");
  for (int number = 1; number <= 7; ++number) {
    auto draft = PolicyDraft::open(file);
    REQUIRE(draft);
    CHECK(draft->before() == std::to_string(number - 1));
    REQUIRE(draft->install(std::to_string(number)));
    CHECK(text_of(file) == std::to_string(number));
  }
  CHECK(names_in(directory) == Names{"policy.toml", "policy.toml.~1~", "policy.toml.~2~",
                                     "policy.toml.~3~", "policy.toml.~4~", "policy.toml.~5~"});
  for (int version = 1; version <= 5; ++version) {
    CHECK(text_of(file + ".~" + std::to_string(version) + "~") == std::to_string(7 - version));
  }
  struct stat state = {};
  REQUIRE(::stat(file.c_str(), &state) == 0);
  CHECK(state.st_uid == 0);
  CHECK(state.st_gid == 0);
  CHECK((state.st_mode & 07777U) == 0644U);
}

TEST_CASE("policy draft: what was checked is installed, whatever has become of the copy") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  const std::string file = directory.write("policy.toml", "# old\n");
  auto draft = PolicyDraft::open(file);
  REQUIRE(draft);
  edit(*draft, "# checked\n");
  const auto checked = draft->text();
  REQUIRE(checked);
  edit(*draft, "# slipped in\n");
  CHECK(draft->install(*checked));
  CHECK(text_of(file) == "# checked\n");
  CHECK(names_in(directory) == Names{"policy.toml", "policy.toml.~1~"});
}

TEST_CASE("policy draft: a new file of policy.d") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  auto draft = PolicyDraft::open(directory.at("20-lab.toml"));
  REQUIRE(draft);
  CHECK(draft->before().empty());
  CHECK(*draft->text() == "");
  CHECK(draft->install("# lab\n"));
  CHECK(text_of(directory.at("20-lab.toml")) == "# lab\n");
  CHECK(names_in(directory) == Names{"20-lab.toml"});
}

TEST_CASE("policy draft: a copy that was replaced", "[CVE-2021-23239][CVE-2021-23240]") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  const std::string file = directory.write("policy.toml", "# old\n");
  const std::string other = directory.write("other", "# other\n");
  auto draft = PolicyDraft::open(file);
  REQUIRE(draft);

  // Editors write a new file and rename it: root's own is taken.
  fs::rename(directory.write("new", "# new\n"), draft->path());
  CHECK(*draft->text() == "# new\n");

  fs::remove(draft->path());
  fs::create_symlink(other, draft->path());
  CHECK_FALSE(draft->text());

  fs::remove(draft->path());
  std::ofstream(draft->path()) << "# another's\n";
  REQUIRE(::chown(draft->path().c_str(), 65534, 65534) == 0);
  const auto another = draft->text();
  REQUIRE_FALSE(another);
  CHECK(another.error().message == "the draft is no longer a file of root's");

  fs::remove(draft->path());
  REQUIRE(::mkfifo(draft->path().c_str(), 0600) == 0);
  CHECK_FALSE(draft->text());

  fs::remove(draft->path());
  fs::create_directory(draft->path());
  CHECK_FALSE(draft->text());

  fs::remove(draft->path());
  std::ofstream(draft->path()).close();
  fs::resize_file(draft->path(), (std::uintmax_t{64} << 20U) + 1);
  const auto large = draft->text();
  REQUIRE_FALSE(large);
  CHECK(has(large.error().message, "too large"));

  fs::remove(draft->path());
  CHECK_FALSE(draft->text());
  CHECK(text_of(file) == "# old\n");
}

TEST_CASE("policy draft: a copy that is swapped without pause tells nothing else",
          "[CVE-2021-23239][CVE-2021-23240]") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  const std::string file = directory.write("policy.toml", "# old\n");
  const std::string secret = directory.write("secret", "# secret\n");
  auto draft = PolicyDraft::open(file);
  REQUIRE(draft);
  const std::string spare = directory.at("spare");
  std::atomic<bool> stop = false;
  std::thread swapper([&] {
    std::error_code ignored;
    while (!stop) {
      fs::create_symlink(secret, spare, ignored);
      fs::rename(spare, draft->path(), ignored);
      std::ofstream(spare) << "# new\n";
      fs::rename(spare, draft->path(), ignored);
    }
  });
  int read = 0;
  int refused = 0;
  int wrong = 0;
  for (int round = 0; round < 1'000'000 && (round < 2000 || read == 0 || refused == 0); ++round) {
    const auto text = draft->text();
    (text ? read : refused) += 1;
    if (text && *text != "# new\n" && *text != "# old\n") ++wrong;
  }
  CHECK(draft->install("# checked\n"));
  stop = true;
  swapper.join();
  CHECK(wrong == 0);
  CHECK(read > 0);
  CHECK(refused > 0);
  CHECK(text_of(file) == "# checked\n");
  CHECK(text_of(secret) == "# secret\n");
  CHECK_FALSE(fs::is_symlink(file));
}

TEST_CASE("policy draft: a second editor is told, until the first has finished") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  const std::string file = directory.write("policy.toml", "");
  const std::string sibling = directory.write("20.toml", "");
  {
    auto first = PolicyDraft::open(file);
    REQUIRE(first);
    for (const std::string& path : {file, sibling}) {
      const auto second = PolicyDraft::open(path);
      REQUIRE_FALSE(second);
      CHECK(has(second.error().message, "somebody else edits the policy"));
    }
    CHECK(first->discard());
  }
  auto next = PolicyDraft::open(sibling);
  CHECK(next);
}

TEST_CASE("policy draft: unsafe directories and files are refused",
          "[CVE-2021-23239][CVE-2021-23240]") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  const std::string file = directory.write("sub/policy.toml", "");
  RootDirectory::mode(directory.at("sub"), 0777);
  CHECK(trouble_of(PolicyDraft::open(file)) != "none");
  RootDirectory::mode(directory.at("sub"), 0755);
  REQUIRE(::chown(directory.at("sub").c_str(), 65534, 0) == 0);
  CHECK(trouble_of(PolicyDraft::open(file)) != "none");
  REQUIRE(::chown(directory.at("sub").c_str(), 0, 0) == 0);
  CHECK(trouble_of(PolicyDraft::open(file)) == "none");
  RootDirectory::mode(file, 0666);
  CHECK(trouble_of(PolicyDraft::open(file)) != "none");
  RootDirectory::mode(file, 0644);
  REQUIRE(::chown(file.c_str(), 65534, 0) == 0);
  CHECK(trouble_of(PolicyDraft::open(file)) != "none");
  fs::remove(file);
  fs::create_symlink(directory.write("real.toml", ""), file);
  CHECK(trouble_of(PolicyDraft::open(file)) != "none");
  fs::create_directory_symlink(directory.at("sub"), directory.at("link"));
  CHECK(trouble_of(PolicyDraft::open(directory.at("link/new.toml"))) != "none");
  CHECK(trouble_of(PolicyDraft::open(directory.at("none/new.toml"))) != "none");
}

TEST_CASE("policy draft: a file that is no policy file is refused") {
  if (skipped_without_root()) return;
  const RootDirectory directory;
  for (const char* name : {"policy.txt", ".hidden.toml", "policy.toml.~1~", ""}) {
    CAPTURE(name);
    const auto draft = PolicyDraft::open(directory.at(name));
    REQUIRE_FALSE(draft);
    CHECK(draft.error().outcome == Outcome::usage);
  }
  CHECK(trouble_of(PolicyDraft::open("policy.toml")) ==
        "the policy file is named by its whole path");
  CHECK(names_in(directory).empty());
}
