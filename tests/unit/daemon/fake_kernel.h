// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cerrno>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "gate/module/loader.h"

namespace modgate {

/// A kernel that notes what it was asked for and what is loaded. It looks at digests as the real
/// one does, and otherwise does what it is told.
class FakeKernel final : public ModuleKernel {
 public:
  struct Image {
    std::string name;
    Digest sha256{};
  };
  struct Call {
    bool inserts = false;
    std::string name;
    std::string parameters;
    Digest sha256{};
    int code = 0;

    friend bool operator==(const Call&, const Call&) = default;
  };

  // What a test sets.
  std::map<int, Image> images;      ///< by descriptor
  std::vector<std::string> loaded;  ///< in the order in which they came
  std::function<int(bool inserts, const std::string& name)> verdict = [](bool, const auto&) {
    return 0;
  };

  // What a test looks at.
  std::vector<Call> calls;

  [[nodiscard]] bool has(const std::string& name) const {
    return std::find(loaded.begin(), loaded.end(), name) != loaded.end();
  }

  int insert(int image, bool /*from_file*/, const Digest& expected,
             const std::string& parameters) override {
    const Image& given = images.at(image);
    int code = given.sha256 == expected ? verdict(true, given.name) : EBADMSG;
    if (code == 0 && has(given.name)) code = EEXIST;
    if (code == 0) loaded.push_back(given.name);
    calls.push_back({true, given.name, parameters, expected, code});
    return code;
  }

  int remove(const std::string& name) override {
    int code = has(name) ? verdict(false, name) : ENOENT;
    if (code == 0) loaded.erase(std::find(loaded.begin(), loaded.end(), name));
    calls.push_back({false, name, {}, {}, code});
    return code;
  }
};

}  // namespace modgate
