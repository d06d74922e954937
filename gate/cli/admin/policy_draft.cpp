// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/policy_draft.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "gate/config/policy_files.h"
#include "gate/config/trusted_file.h"

namespace modgate {
namespace {

constexpr int kVersionsKept = 5;

Error failed(const std::string& what) {
  return {Outcome::failed, what + ": " + std::strerror(errno), errno};
}

Status write_whole(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return failed("the draft cannot be written");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return Done{};
}

/// A file of this directory that did not exist before, mode 0600.
Result<std::string> make_file(int directory, const std::string& name, std::string_view text) {
  std::uint64_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random) return failed("getrandom");
  std::string draft = '.' + name + '.' + std::to_string(random);
  const Fd file(::openat(directory, draft.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return failed("the draft cannot be made");
  if (auto written = write_whole(file.get(), text); !written) return written.error();
  if (::fchown(file.get(), 0, 0) != 0 || ::fchmod(file.get(), 0644) != 0 ||
      ::fsync(file.get()) != 0) {
    return failed("the draft cannot be finished");
  }
  return draft;
}

std::string version_name(const std::string& name, int number) {
  return name + ".~" + std::to_string(number) + '~';
}

/// What stands in a policy file; empty where there is none yet.
Result<std::string> text_before(const std::string& path) {
  auto text = read_root_owned(path, kMostPolicyBytes);
  if (!text && text.error().code == ENOENT) return std::string();
  if (!text) return Error{Outcome::failed, text.error().message, text.error().code};
  return text;
}

}  // namespace

Result<PolicyDraft> PolicyDraft::open(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos || slash == 0) {
    return Error{Outcome::usage, "the policy file is named by its whole path"};
  }
  const std::string name = path.substr(slash + 1);
  if (!is_policy_file_name(name)) {
    return Error{Outcome::usage, path + " is no policy file: its name ends in .toml"};
  }
  auto directory = open_root_owned_directory(path.substr(0, slash));
  if (!directory) return Error{Outcome::failed, directory.error().message, directory.error().code};
  if (::flock(directory->get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{Outcome::failed, "somebody else edits the policy in " + path.substr(0, slash) +
                                      ": try again when they have finished"};
  }
  auto before = text_before(path);
  if (!before) return before.error();
  auto draft = make_file(directory->get(), name, *before);
  if (!draft) return draft.error();
  return PolicyDraft(std::move(*directory), path.substr(0, slash), name, std::move(*draft),
                     std::move(*before));
}

Result<std::string> PolicyDraft::text() const {
  const Fd file(
      ::openat(directory_.get(), draft_.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat state = {};
  if (!file || ::fstat(file.get(), &state) != 0) return failed("the draft is gone");
  if (!S_ISREG(state.st_mode) || state.st_uid != 0) {
    return Error{Outcome::failed, "the draft is no longer a file of root's"};
  }
  if (state.st_size < 0 || static_cast<std::size_t>(state.st_size) > kMostPolicyBytes) {
    return Error{Outcome::failed, "the draft is too large: a policy has at most 64 MiB"};
  }
  std::string text(static_cast<std::size_t>(state.st_size), '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("the draft cannot be read");
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  return text;
}

Status PolicyDraft::keep_old_versions() {
  const int directory = directory_.get();
  for (int number = kVersionsKept - 1; number >= 1; --number) {
    if (::renameat(directory, version_name(name_, number).c_str(), directory,
                   version_name(name_, number + 1).c_str()) != 0 &&
        errno != ENOENT) {
      return failed("an old version cannot be kept");
    }
  }
  if (::linkat(directory, name_.c_str(), directory, version_name(name_, 1).c_str(), 0) != 0 &&
      errno != ENOENT) {
    return failed("the old version cannot be kept");
  }
  return Done{};
}

Status PolicyDraft::install(const std::string& checked) {
  // What was checked is what is installed, whatever has become of the copy since.
  auto ready = make_file(directory_.get(), name_, checked);
  if (!ready) return ready.error();
  Status placed = keep_old_versions();
  if (placed &&
      ::renameat(directory_.get(), ready->c_str(), directory_.get(), name_.c_str()) != 0) {
    placed = failed("the policy cannot be put in its place");
  }
  if (!placed) {
    // The draft has the same text; this copy of it would only lie about.
    static_cast<void>(::unlinkat(directory_.get(), ready->c_str(), 0));
    return placed;
  }
  if (::fsync(directory_.get()) != 0) return failed("the directory cannot be written");
  return discard();
}

Status PolicyDraft::discard() {
  if (::unlinkat(directory_.get(), draft_.c_str(), 0) != 0 && errno != ENOENT) {
    return failed("the draft cannot be taken away");
  }
  return Done{};
}

}  // namespace modgate
