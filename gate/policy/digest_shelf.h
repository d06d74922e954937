// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gate/policy/digest_list.h"
#include "gate/policy/parse.h"
#include "gate/policy/table_reader.h"

namespace modgate {

/// The lists of digests that the rules of one policy name, each read once.
class DigestShelf {
 public:
  /// Without `read` no file can be named. What is wrong in a list is added to `problems` with the
  /// place in that list.
  DigestShelf(FileReader read, std::vector<Problem>& problems)
      : read_(std::move(read)), problems_(problems) {}

  /// The digests in the file, at least one: what sha256sum(1) writes, empty lines and `#` comments.
  /// nullptr where there is no such list, which always is an error: one at `where` of the policy
  /// file, or those of the list itself.
  std::shared_ptr<const DigestList> get(const std::string& path, const toml::source_position& where,
                                        ProblemList& problems);

 private:
  struct Entry {
    std::shared_ptr<const DigestList> list;
    std::string trouble;  ///< for whoever names it
  };
  Entry read(const std::string& path);

  FileReader read_;
  std::vector<Problem>& problems_;
  std::map<std::string, Entry> entries_;
  std::size_t text_bytes_ = 0;
};

}  // namespace modgate
