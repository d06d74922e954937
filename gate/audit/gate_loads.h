// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "modgate/record.h"

namespace modgate {

/// Which modules the gate loaded in this boot and did not unload since. Fed with outcomes in the
/// order in which they happened; whoever reads it compares the instance with the kernel's, as a
/// module may have gone another way.
class GateLoads {
 public:
  /// Takes in what a record says; only outcomes say anything.
  void apply(const Record& record, uid_t uid, const std::string& correlation_uid);

  /// By name.
  [[nodiscard]] std::vector<GateLoad> all() const;

 private:
  std::map<std::string, GateLoad> loads_;
};

}  // namespace modgate
