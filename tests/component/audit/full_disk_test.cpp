// SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdio>
#include <functional>

#include "component/audit/log_fixture.h"

using namespace modgate;
using modgate::sample::TestLog;

namespace {

const Peer kAlice = sample::alice();

/// Runs `body` in a child with mounts of its own and a tmpfs of `kilobytes` on `path`, so that the
/// machine's own mounts stay as they are. False: it may not be done here.
bool on_small_disk(const std::filesystem::path& path, int kilobytes,
                   const std::function<bool()>& body) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const std::string size = "mode=700,size=" + std::to_string(kilobytes) + "k";
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", path.c_str(), "tmpfs", 0, size.c_str()) != 0) {
      ::_exit(77);
    }
    ::_exit(body() ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) return false;
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  return true;
}

bool said(bool condition, const char* what) {
  if (!condition) std::fprintf(stderr, "full disk: %s\n", what);
  return condition;
}

bool add(Ledger& ledger, RecordKind kind, const std::string& correlation) {
  const Record record = kind == RecordKind::outcome ? sample::outcome() : sample::record(kind);
  return ledger.append(record, &kAlice, correlation, true) && ledger.commit();
}

/// Nothing is granted on a full disk, what was granted gets its outcome, and once there is room it
/// goes on with a whole chain.
bool full_disk_story(const TestLog& log) {
  auto ledger = log.open();
  if (!said(static_cast<bool>(ledger), "opens")) return false;
  if (!said(add(*ledger, RecordKind::intent, "a"), "first intent")) return false;
  const auto ballast = log.directory.path() / "ballast";
  {
    std::ofstream file(ballast, std::ios::binary);
    const std::string block(4096, 'b');
    while (file.write(block.data(), 4096) && file.flush()) {
    }
  }
  // What was set aside ahead may still take a few.
  int granted = 0;
  while (granted < 1000 && add(*ledger, RecordKind::intent, "b" + std::to_string(granted))) {
    ++granted;
  }
  if (!said(granted < 1000, "intents end")) return false;
  for (int tries = 0; tries < 50; ++tries) {
    static_cast<void>(add(*ledger, RecordKind::refusal, "r" + std::to_string(tries)));
  }
  if (!said(!add(*ledger, RecordKind::intent, "c"), "no intent")) return false;
  if (!said(!ledger->poisoned(), "not poisoned")) return false;
  if (!said(add(*ledger, RecordKind::outcome, "a"), "outcome of the first")) return false;
  for (int at = 0; at < granted; ++at) {
    if (!said(add(*ledger, RecordKind::outcome, "b" + std::to_string(at)), "outcome")) return false;
  }
  std::filesystem::remove(ballast);
  if (!said(add(*ledger, RecordKind::intent, "d"), "intent again")) return false;
  const Fd directory(::open(log.directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  auto verified = verify_log(directory.get());
  return said(verified && !verified->broken && verified->records >= 4U, "whole");
}

/// A disk on which no fallocate helps: refusals are tried and lost without harm.
bool refusals_on_full_disk(const TestLog& log) {
  auto ledger = log.open();
  if (!ledger) return false;
  int written = 0;
  while (written < 100'000 && add(*ledger, RecordKind::refusal, sample::kCorrelation)) ++written;
  if (!said(written > 10 && written < 100'000, "the disk fills")) return false;
  if (!said(!ledger->poisoned(), "not poisoned")) return false;
  const Fd directory(::open(log.directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  auto verified = verify_log(directory.get());
  return said(verified && !verified->broken && verified->records == static_cast<unsigned>(written),
              "whole");
}

}  // namespace

TEST_CASE("a full disk refuses intents and takes outcomes") {
  const TestLog log;
  if (!on_small_disk(log.directory.path(), 1024, [&] { return full_disk_story(log); })) {
    WARN("skipped: needs root and a mount namespace");
  }
}

TEST_CASE("a disk full of refusals leaves a whole log") {
  const TestLog log;
  if (!on_small_disk(log.directory.path(), 256, [&] { return refusals_on_full_disk(log); })) {
    WARN("skipped: needs root and a mount namespace");
  }
}

TEST_CASE("an error of the disk poisons the ledger for good") {
  const TestLog log;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto ledger = log.open();
    bool right = ledger && add(*ledger, RecordKind::refusal, "a");
    // The ledger's file becomes one that cannot be written: every write fails with EBADF.
    const Fd broken(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    for (int fd = 3; fd < 64 && right; ++fd) {
      struct stat state = {};
      if (fd == broken.get() || ::fstat(fd, &state) != 0 || !S_ISREG(state.st_mode)) continue;
      std::string link(256, '\0');
      const std::string path = "/proc/self/fd/" + std::to_string(fd);
      const ssize_t length = ::readlink(path.c_str(), link.data(), link.size());
      if (length > 0 && link.find(".jsonl") != std::string::npos) {
        right = ::dup2(broken.get(), fd) == fd;
      }
    }
    right = right && said(!add(*ledger, RecordKind::outcome, "b"), "fails");
    right = right && said(ledger->poisoned(), "poisoned");
    right = right && said(!ledger->append(sample::record(RecordKind::refusal), &kAlice, "c", true),
                          "nothing is taken");
    right = right && said(!ledger->commit(), "nothing is committed");
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(log.verified().records == 1);
}
