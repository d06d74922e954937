// SPDX-License-Identifier: Apache-2.0
#include "gate/config/named_files.h"

#include <algorithm>
#include <utility>

#include "gate/config/trusted_file.h"

namespace modgate {

NamedFiles::NamedFiles() : read_(read_root_owned) {}

Result<std::string> NamedFiles::read(const std::string& path) {
  auto known = entries_.find(path);
  if (known == entries_.end()) {
    // The fingerprint is taken first: a change in between shows next time.
    std::string fingerprint = file_fingerprint(path);
    known =
        entries_.emplace(path, Entry{std::move(fingerprint), read_(path, kMostNamedBytes)}).first;
  }
  return known->second.text;
}

std::vector<PolicyFile> NamedFiles::take() {
  std::vector<PolicyFile> files;
  for (auto& [path, entry] : entries_) {
    if (!entry.text) continue;
    files.push_back({path, std::move(*entry.text)});
    entry.text = std::string();
  }
  return files;
}

bool NamedFiles::may_have_changed() const {
  return std::any_of(entries_.begin(), entries_.end(), [](const auto& entry) {
    return file_fingerprint(entry.first) != entry.second.fingerprint;
  });
}

}  // namespace modgate
