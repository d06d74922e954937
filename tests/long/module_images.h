// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "gate/module/image.h"
#include "gate/module/module_name.h"
#include "modgate/handle.h"

namespace modgate::test {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

inline Fd open_file(const std::filesystem::path& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw std::runtime_error(path.string() + " cannot be opened");
  return file;
}

/// Every module of a kernel's tree, compressed or not, in the order of their paths.
inline std::vector<std::filesystem::path> modules_below(const std::filesystem::path& tree) {
  std::vector<std::filesystem::path> modules;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(tree)) {
    if (entry.is_regular_file() && !name_of_file(entry.path().native()).empty()) {
      modules.push_back(entry.path());
    }
  }
  std::sort(modules.begin(), modules.end());
  return modules;
}

/// The sealed image of a module's file, made as the helper makes it.
inline Fd image_of_module(const std::filesystem::path& path) {
  constexpr std::uint64_t kMostBytes = std::uint64_t{256} << 20U;
  const Fd file = open_file(path);
  Fd image = must(new_image("long"));
  const Compression compression = must(compression_of(file.get()));
  const Status filled = compression == Compression::none
                            ? copy_into_image(file.get(), image.get(), kMostBytes)
                            : unpack_into_image(file.get(), compression, image.get(), kMostBytes);
  if (!filled) throw std::runtime_error(path.string() + ": " + filled.error().message);
  static_cast<void>(must(seal_image(image.get())));
  return image;
}

}  // namespace modgate::test
