// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "catch.h"
#include "gate/daemon/log_key.h"
#include "gate/daemon/log_key_files.h"

using namespace modgate;
namespace fs = std::filesystem;

namespace {

/// A directory of its own for each test.
struct Keys {
  Keys() {
    std::string name = (fs::temp_directory_path() / "modgate-key-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder = name;
    files.key = folder / "lib/log.key";
    files.vkey = folder / "etc/log.vkey";
  }
  ~Keys() {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;

  [[nodiscard]] Status make() const { return make_log_key(files, {::geteuid(), ::getegid()}); }
  [[nodiscard]] static std::string text(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  [[nodiscard]] static mode_t mode(const std::string& path) {
    struct stat state = {};
    REQUIRE(::lstat(path.c_str(), &state) == 0);
    return state.st_mode & 07777U;
  }

  fs::path folder;
  LogKeyFiles files;
};

}  // namespace

TEST_CASE("the log's key is made once, for its reader alone, and its other half for everybody") {
  const Keys keys;
  REQUIRE(keys.make());
  CHECK(Keys::mode(keys.files.key) == 0400);
  CHECK(Keys::mode(keys.files.vkey) == 0644);
  const std::string pem = Keys::text(keys.files.key);
  const std::string line = Keys::text(keys.files.vkey);
  CHECK(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
  REQUIRE(line.ends_with('\n'));
  const auto verifier = parse_verifier_key(line.substr(0, line.size() - 1));
  REQUIRE(verifier);
  CHECK(verifier->name.find("/modgate/") != std::string::npos);
  CHECK(read_log_key(keys.files.key, *verifier));
  CHECK(Keys::text(keys.files.copy()) == line);
  const auto named = read_log_verifier(keys.files, {::geteuid(), ::getegid()});
  REQUIRE(named);
  CHECK(*named == *verifier);
  CHECK(std::distance(fs::directory_iterator(keys.folder / "lib"), {}) == 2);

  REQUIRE(keys.make());
  CHECK(Keys::text(keys.files.key) == pem);
  CHECK(Keys::text(keys.files.vkey) == line);

  const Keys others;
  REQUIRE(others.make());
  CHECK(Keys::text(others.files.vkey) != line);
}

TEST_CASE("a verification key that was lost is brought back, a key never is") {
  const Keys keys;
  REQUIRE(keys.make());
  const std::string pem = Keys::text(keys.files.key);
  const std::string line = Keys::text(keys.files.vkey);
  SECTION("from its copy") {
    fs::remove(keys.files.vkey);
    REQUIRE(keys.make());
    CHECK(Keys::text(keys.files.vkey) == line);
    CHECK(Keys::mode(keys.files.vkey) == 0644);
  }
  SECTION("not from what is no copy") {
    fs::remove(keys.files.vkey);
    fs::remove(keys.files.copy());
    SECTION("missing") {}
    SECTION("another text") { std::ofstream(keys.files.copy()) << "anything\n"; }
    SECTION("a link") { fs::create_symlink(keys.files.key, keys.files.copy()); }
    const Status made = keys.make();
    REQUIRE_FALSE(made);
    CHECK_THAT(made.error().message, Catch::Matchers::ContainsSubstring("log.vkey: it is missing"));
    CHECK_FALSE(fs::exists(keys.files.vkey));
  }
  SECTION("not without the key") {
    fs::remove(keys.files.key);
    CHECK_FALSE(keys.make());
    CHECK_FALSE(fs::exists(keys.files.key));
    return;
  }
  CHECK(Keys::text(keys.files.key) == pem);
}

TEST_CASE("what the helper goes by does not hang on the configuration") {
  const Keys keys;
  REQUIRE(keys.make());
  const Account audit = {::geteuid(), ::getegid()};
  fs::remove(keys.files.copy());
  REQUIRE(keys.make());
  CHECK(Keys::text(keys.files.copy()) == Keys::text(keys.files.vkey));
  fs::remove_all(keys.folder / "etc");
  CHECK(read_log_verifier(keys.files, audit));
  REQUIRE(::chmod(keys.files.copy().c_str(), 0666) == 0);
  CHECK_FALSE(read_log_verifier(keys.files, audit));
  fs::remove(keys.files.copy());
  CHECK_FALSE(read_log_verifier(keys.files, audit));
}

TEST_CASE("files that others could have made or can read are no key of the log") {
  const Keys keys;
  REQUIRE(keys.make());
  SECTION("a key that the group reads") { REQUIRE(::chmod(keys.files.key.c_str(), 0440) == 0); }
  SECTION("a verification key that anybody writes") {
    REQUIRE(::chmod(keys.files.vkey.c_str(), 0666) == 0);
  }
  SECTION("a link") {
    fs::rename(keys.files.key, keys.folder / "elsewhere");
    fs::create_symlink(keys.folder / "elsewhere", keys.files.key);
  }
  SECTION("a directory") {
    fs::remove(keys.files.vkey);
    fs::create_directory(keys.files.vkey);
  }
  CHECK_FALSE(keys.make());
}

TEST_CASE("what a try that broke off left behind is in nobody's way") {
  const Keys keys;
  fs::create_directory(keys.folder / "lib");
  fs::create_directory(keys.folder / "etc");
  std::ofstream(keys.folder / "lib/.log.key.new") << "half";
  std::ofstream(keys.folder / "etc/.log.vkey.new") << "half";
  REQUIRE(keys.make());
  CHECK(Keys::text(keys.files.key).starts_with("-----BEGIN PRIVATE KEY-----\n"));
  CHECK_FALSE(fs::exists(keys.folder / "etc/.log.vkey.new"));
}
