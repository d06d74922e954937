// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "gate/config/directory_names.h"
#include "gate/config/policy_files.h"
#include "modgate/handle.h"

namespace modgate {
namespace {

class Fingerprint {
 public:
  /// A file or directory whose content counts.
  void add(int directory, const std::string& name) {
    struct stat state = {};
    if (!begin(directory, name, state)) return;
    number(state.st_size);
    number(state.st_ctim.tv_sec);
    number(state.st_ctim.tv_nsec);
    text_ += '\n';
  }

  /// The directories above `path`: what else happens in them does not count.
  void add_parents(const std::string& path) {
    for (std::size_t end = path.find('/', 1); end != std::string::npos;
         end = path.find('/', end + 1)) {
      struct stat state = {};
      if (begin(AT_FDCWD, path.substr(0, end), state)) text_ += '\n';
    }
  }

  void add_directory(const std::string& path) {
    add_parents(path);
    add(AT_FDCWD, path);
    const Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!directory) return failed(errno);
    const auto names = names_in(directory.get(), path);
    if (!names) return failed(names.error().code);
    for (const std::string& name : *names) {
      add(directory.get(), name);
    }
  }

  std::string take() { return std::move(text_); }

 private:
  bool begin(int directory, const std::string& name, struct stat& state) {
    text_ += name;
    if (::fstatat(directory, name.c_str(), &state, AT_SYMLINK_NOFOLLOW) != 0) {
      failed(errno);
      return false;
    }
    number(state.st_dev);
    number(state.st_ino);
    number(state.st_uid);
    number(state.st_gid);
    number(state.st_mode);
    return true;
  }
  template <class Number>
  void number(Number value) {
    text_ += ' ' + std::to_string(value);
  }
  void failed(int code) { text_ += " error " + std::to_string(code) + '\n'; }

  std::string text_;
};

}  // namespace

std::string policy_fingerprint(const PolicyLocation& location) {
  Fingerprint fingerprint;
  fingerprint.add_parents(location.policy);
  fingerprint.add(AT_FDCWD, location.policy);
  // All of both directories, whatever the names; lists of digests beside policy.toml are told by
  // file_fingerprint() alone.
  fingerprint.add_directory(location.policy_dir);
  fingerprint.add_directory(location.signers);
  return fingerprint.take();
}

std::string file_fingerprint(const std::string& path) {
  Fingerprint fingerprint;
  fingerprint.add_parents(path);
  fingerprint.add(AT_FDCWD, path);
  return fingerprint.take();
}

}  // namespace modgate
