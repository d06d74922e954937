// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/log_key_files.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string_view>

#include "gate/evidence/signing_key.h"
#include "modgate/handle.h"

namespace modgate {
namespace {

constexpr std::size_t kVkeyBytes = 1024;

Error file_error(const std::string& path, const std::string& why, int code = 0) {
  return {Outcome::unavailable, path + ": " + why, code};
}

Error errno_error(const std::string& path) {
  const int code = errno;
  return file_error(path, ::strerror(code), code);
}

/// Splits into directory and name.
std::pair<std::string, std::string> parts_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

Result<Fd> open_parent(const std::string& path) {
  const std::string parent = parts_of(path).first;
  Fd directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) return errno_error(parent);
  return directory;
}

/// Whether the file is there. One that another than `owner` could have made, or that is open to
/// those who have no business with it, is an error.
Result<bool> is_there(const std::string& path, uid_t owner, mode_t forbidden) {
  struct stat state = {};
  if (::lstat(path.c_str(), &state) != 0) {
    if (errno == ENOENT) return false;
    return errno_error(path);
  }
  if (!S_ISREG(state.st_mode)) return file_error(path, "no regular file");
  if (state.st_uid != owner) {
    return file_error(path, "it belongs to uid " + std::to_string(state.st_uid) +
                                " and not to uid " + std::to_string(owner));
  }
  if ((state.st_mode & forbidden) != 0) {
    return file_error(path, "its mode gives others more than they need");
  }
  return true;
}

/// "HOST/modgate/5f0c2b6a": the random part tells the logs of one host apart.
Result<std::string> new_log_name() {
  utsname names = {};
  std::string name = "localhost";
  if (::uname(&names) == 0 && is_key_name(names.nodename)) name = names.nodename;
  std::array<unsigned char, 4> random{};
  if (RAND_bytes(random.data(), random.size()) != 1) {
    return Error{Outcome::unavailable, "libcrypto has no random numbers"};
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  name += "/modgate/";
  for (const unsigned char byte : random) {
    name += kDigits[byte >> 4U];
    name += kDigits[byte & 0xfU];
  }
  return name;
}

/// A file under a name that nothing has yet, or an error; never one that is half written.
Status write_new(const std::string& path, std::string_view bytes, mode_t mode,
                 const std::optional<Account>& owner) {
  auto directory = open_parent(path);
  if (!directory) return directory.error();
  const std::string name = parts_of(path).second;
  const std::string fresh = '.' + name + ".new";
  // What an earlier try left behind was never in use.
  if (::unlinkat(directory->get(), fresh.c_str(), 0) != 0 && errno != ENOENT) {
    return errno_error(fresh);
  }
  const Fd file(::openat(directory->get(), fresh.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return errno_error(path);
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno_error(path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (owner && ::fchown(file.get(), owner->uid, owner->gid) != 0) return errno_error(path);
  if (::fchmod(file.get(), mode) != 0 || ::fsync(file.get()) != 0) return errno_error(path);
  if (::renameat2(directory->get(), fresh.c_str(), directory->get(), name.c_str(),
                  RENAME_NOREPLACE) != 0 ||
      ::fsync(directory->get()) != 0) {
    return errno_error(path);
  }
  return Done{};
}

/// The directory of a file, where there is none yet.
Status make_parent(const std::string& path, mode_t mode, const std::optional<Account>& owner) {
  const std::string parent = parts_of(path).first;
  if (::mkdir(parent.c_str(), 0700) != 0) {
    if (errno == EEXIST) return Done{};
    return errno_error(parent);
  }
  if (owner && ::chown(parent.c_str(), owner->uid, owner->gid) != 0) return errno_error(parent);
  if (::chmod(parent.c_str(), mode) != 0) return errno_error(parent);
  return Done{};
}

/// A verification key in a file that root or the key's owner has made.
Result<VerifierKey> read_verifier(const std::string& path, const Account& audit) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat state = {};
  if (!file || ::fstat(file.get(), &state) != 0) return errno_error(path);
  const bool is_ours = state.st_uid == ::geteuid() || state.st_uid == audit.uid;
  if (!S_ISREG(state.st_mode) || !is_ours || (state.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return file_error(path, "others could have made it");
  }
  std::array<char, kVkeyBytes> bytes{};
  const ssize_t got = ::read(file.get(), bytes.data(), bytes.size());
  if (got < 0) return errno_error(path);
  std::string_view line(bytes.data(), static_cast<std::size_t>(got));
  if (line.ends_with('\n')) line.remove_suffix(1);
  auto key = parse_verifier_key(line);
  if (!key) return file_error(path, key.error().message);
  if (key->type != SignatureType::ed25519) return file_error(path, "a key of a witness");
  return key;
}

/// The verification key again, from the copy beside the key.
Status bring_back(const LogKeyFiles& files, const Account& audit) {
  auto key = read_verifier(files.copy(), audit);
  if (!key) {
    return file_error(files.vkey, "it is missing, while " + files.key + " is there, and " +
                                      files.copy() +
                                      " is no copy of it: bring it back, or move the log and its "
                                      "key away to begin a new log");
  }
  return write_new(files.vkey, key->text() + '\n', 0644, std::nullopt);
}

Status copy_if_missing(const LogKeyFiles& files, const Account& audit) {
  auto copy = read_verifier(files.copy(), audit);
  if (copy) return Done{};
  if (copy.error().code != ENOENT) return copy.error();
  auto key = read_verifier(files.vkey, audit);
  if (!key) return key.error();
  return write_new(files.copy(), key->text() + '\n', 0644, std::nullopt);
}

}  // namespace

Status make_log_key(const LogKeyFiles& files, const Account& audit) {
  auto has_key = is_there(files.key, audit.uid, S_IRWXG | S_IRWXO);
  if (!has_key) return has_key.error();
  auto has_vkey = is_there(files.vkey, ::geteuid(), S_IWGRP | S_IWOTH);
  if (!has_vkey) return has_vkey.error();
  if (*has_key && *has_vkey) return copy_if_missing(files, audit);
  if (*has_key) return bring_back(files, audit);
  if (*has_vkey) {
    return file_error(files.key, "it is missing, while " + files.vkey +
                                     " is there: bring it back, or move the log and that file away "
                                     "to begin a new log");
  }
  if (auto made = make_parent(files.key, 0750, audit); !made) return made;
  if (auto made = make_parent(files.vkey, 0755, std::nullopt); !made) return made;
  auto key = SigningKey::generate();
  if (!key) return key.error();
  auto name = new_log_name();
  if (!name) return name.error();
  const VerifierKey verifier{*name, SignatureType::ed25519, key->public_key()};
  // What an earlier try left behind is of no key.
  if (::unlink(files.copy().c_str()) != 0 && errno != ENOENT) return errno_error(files.copy());
  // First what anybody may have: a key without its name would be of no use.
  for (const std::string& path : {files.copy(), files.vkey}) {
    if (auto written = write_new(path, verifier.text() + '\n', 0644, std::nullopt); !written) {
      return written;
    }
  }
  return key->to_pem([&](std::string_view pem) { return write_new(files.key, pem, 0400, audit); });
}

Result<VerifierKey> read_log_verifier(const LogKeyFiles& files, const Account& audit) {
  return read_verifier(files.copy(), audit);
}

}  // namespace modgate
