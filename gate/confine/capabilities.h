// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/capability.h>

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "modgate/result.h"

namespace modgate {

/// The set as the kernel writes it: bit i for capability i.
std::uint64_t capability_mask(const std::vector<cap_value_t>& capabilities) noexcept;

/// Whether this process may raise `capability`.
Result<bool> is_permitted(cap_value_t capability);

/// Makes exactly `permitted` permitted, exactly `effective` effective and nothing inheritable.
Status set_capabilities(const std::vector<cap_value_t>& permitted,
                        const std::vector<cap_value_t>& effective);

/// Takes everything but `keep` out of the bounding set. Needs CAP_SETPCAP effective.
Status limit_bounding_set(const std::vector<cap_value_t>& keep);

/// Takes the capabilities of `mask` out of the bounding set: of what the kernel says is in it
/// (ProcessStatus::bounding), so that no call is made for what is not. Needs CAP_SETPCAP effective.
Status drop_from_bounding_set(std::uint64_t mask);

/// The state of the listener: uid 0, permitted only `permitted`, effective, inheritable and ambient
/// none, no_new_privs, no core dump; the bounding set is cut to what is permitted, and NOROOT is
/// locked, so that no exec gains anything. May be done again, with less. Fails if one of `required`
/// is not permitted to begin with; those of `permitted` beyond them are kept where there.
/// CAP_SETPCAP must be among `required`. Proven from /proc/self/status; after an error the process
/// must not go on.
Status permanently_limit_capabilities(const std::vector<cap_value_t>& permitted,
                                      const std::vector<cap_value_t>& required);

/// Makes capabilities effective for the life of this object and lowers them again (those that it
/// raised, not those that were effective before); a failure to lower them ends the process.
class Raised {
 public:
  explicit Raised(std::initializer_list<cap_value_t> capabilities);
  ~Raised();
  Raised(const Raised&) = delete;
  Raised& operator=(const Raised&) = delete;
  [[nodiscard]] const Status& status() const noexcept { return status_; }

 private:
  std::vector<cap_value_t> capabilities_;
  Status status_;
};

}  // namespace modgate
