// SPDX-License-Identifier: Apache-2.0
#include "gate/config/signer_files.h"

#include <cerrno>
#include <utility>

#include "gate/config/directory_names.h"
#include "gate/config/trusted_file.h"

namespace modgate {

Result<std::vector<SignerFile>> read_signer_files(const std::string& directory,
                                                  std::size_t max_bytes) {
  std::vector<SignerFile> files;
  auto opened = open_root_owned_directory(directory);
  if (!opened && opened.error().code == ENOENT) return files;
  if (!opened) return opened.error();
  auto names = names_in(opened->get(), directory);
  if (!names) return names.error();
  for (std::string& name : *names) {
    if (!name.ends_with(".pem") && !name.ends_with(".der")) continue;
    auto content = read_root_owned(std::string(directory).append("/").append(name), max_bytes);
    files.push_back({std::move(name), std::move(content)});
  }
  return files;
}

}  // namespace modgate
