// SPDX-License-Identifier: Apache-2.0
#include "gate/module/tree.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>

namespace modgate {
namespace {

constexpr const char* kDefault = "/lib/modules";
constexpr const char* kIndex = "modules.dep.bin";

/// What libkmod reads of a tree (libkmod.c: index_files; libkmod-config.c: modules.softdep).
constexpr std::array kReadByLibkmod = {kIndex,
                                       "modules.alias.bin",
                                       "modules.symbols.bin",
                                       "modules.builtin.alias.bin",
                                       "modules.builtin.bin",
                                       "modules.builtin.modinfo",
                                       "modules.softdep",
                                       "modules.weakdep"};

Fd open_beneath(int root, const std::string& path, int flags) {
  open_how how = {};
  how.flags = static_cast<unsigned int>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return Fd(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
}

/// "" when only root can have changed what `fd` is, else what is wrong with it.
std::string distrust(const struct stat& state) {
  if (state.st_uid != 0) return "does not belong to root";
  if ((state.st_mode & (S_IWGRP | S_IWOTH)) != 0) return "can be written by group or others";
  return {};
}

Status check_directory(int directory, const std::string& name) {
  struct stat state = {};
  if (::fstat(directory, &state) != 0) {
    return Error{Outcome::failed, name + " cannot be examined", errno};
  }
  if (const std::string wrong = distrust(state); !wrong.empty()) {
    return Error{Outcome::rejected, name + " " + wrong};
  }
  return Done{};
}

Error cannot_open(const std::string& path, int code) {
  switch (code) {
    case ENOENT:
    case ENOTDIR:
      return {Outcome::failed, "there is no file " + path, code};
    case ELOOP:
    case EXDEV:
      return {Outcome::rejected, path + " leads over a link or out of the module tree", code};
    default:
      return {Outcome::failed, path + " cannot be opened", code};
  }
}

/// Whoever can write a directory on the way can put another file of root's in its place.
Status check_way(int root, const std::string& tree, const std::string& relative) {
  if (auto checked = check_directory(root, tree); !checked) return checked;
  for (auto slash = relative.find('/'); slash != std::string::npos;
       slash = relative.find('/', slash + 1)) {
    const std::string part = relative.substr(0, slash);
    std::string name = tree;
    name.append(1, '/').append(part);
    const Fd directory = open_beneath(root, part, O_PATH | O_DIRECTORY);
    if (!directory) return cannot_open(name, errno);
    if (auto checked = check_directory(directory.get(), name); !checked) return checked;
  }
  return Done{};
}

std::string absolute_without_slash(const std::string& directory) {
  std::string path = std::filesystem::absolute(directory).lexically_normal().string();
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

bool is_tree(const Fd& directory) {
  return directory && ::faccessat(directory.get(), kIndex, F_OK, 0) == 0;
}

Fd open_directory(const std::string& path) {
  return Fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/// That nobody but root can have written it; one that is not there is not read.
Status check_index(int root, const std::string& directory, const char* name) {
  const auto unsafe = [&](const std::string& why) {
    return Error{Outcome::unavailable, directory + '/' + name + ' ' + why};
  };
  struct stat state = {};
  if (::fstatat(root, name, &state, 0) != 0) {
    if (errno == ENOENT) return Done{};
    return unsafe("cannot be examined");
  }
  if (!S_ISREG(state.st_mode)) return unsafe("is not a regular file");
  if (const std::string wrong = distrust(state); !wrong.empty()) return unsafe(wrong);
  return Done{};
}

}  // namespace

Result<ModuleTree> ModuleTree::open(const std::string& directory) {
  std::string path = absolute_without_slash(directory.empty() ? kDefault : directory);
  Fd root = open_directory(path);
  if (is_tree(root)) return ModuleTree(std::move(path), std::move(root));
  utsname kernel = {};
  if (::uname(&kernel) != 0) return Error{Outcome::unavailable, "uname failed", errno};
  path += '/';
  path += static_cast<const char*>(kernel.release);
  root = open_directory(path);
  if (!is_tree(root)) {
    return Error{Outcome::unavailable,
                 "there is no module tree (" + path + "/" + kIndex + " is missing)", errno};
  }
  return ModuleTree(std::move(path), std::move(root));
}

Status ModuleTree::check_indexes() const {
  Status sound = check_directory(root_.get(), directory_);
  for (const char* name : kReadByLibkmod) {
    if (sound) sound = check_index(root_.get(), directory_, name);
  }
  if (sound) return sound;
  return Error{Outcome::unavailable, "the module tree is unsafe: " + sound.error().message};
}

Result<Fd> ModuleTree::open_module(const std::string& path) const {
  if (!path.starts_with(directory_ + '/')) {
    return Error{Outcome::rejected, path + " does not lie in the module tree " + directory_};
  }
  const std::string relative = path.substr(directory_.size() + 1);
  if (auto checked = check_way(root_.get(), directory_, relative); !checked) {
    return checked.error();
  }
  // Not blocking: what should be a file may be a FIFO.
  Fd file = open_beneath(root_.get(), relative, O_RDONLY | O_NOCTTY | O_NONBLOCK);
  if (!file) return cannot_open(path, errno);
  struct stat state = {};
  if (::fstat(file.get(), &state) != 0) {
    return Error{Outcome::failed, path + " cannot be examined", errno};
  }
  if (!S_ISREG(state.st_mode)) return Error{Outcome::rejected, path + " is not a regular file"};
  if (const std::string wrong = distrust(state); !wrong.empty()) {
    return Error{Outcome::rejected, path + " " + wrong};
  }
  return file;
}

}  // namespace modgate
