// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gate/confine/filters.h"
#include "gate/confine/house.h"
#include "gate/module/certificates.h"
#include "gate/wire/channel.h"
#include "modgate/result.h"

namespace modgate {

/// Whose signatures count now.
struct Trust {
  TrustedCertificates certificates;   ///< the kernel's, then the administrator's in name order
  std::vector<std::string> problems;  ///< of files that vouch for nothing, "path: what is wrong"
};

/// Reads the administrator's certificates afresh, so that one that was removed counts no longer,
/// and leaves out those that are unsafe, unsound, weak, or not within their dates at `now` (seconds
/// of the Unix epoch). `of_kernel` are taken as they are.
Trust read_trust(const std::string& signers_directory, const TrustedCertificates& of_kernel,
                 std::int64_t now);

/// The names in `before` of which a certificate is not in `now` any more. A name with several
/// certificates is lost with any of them: which one vouched is not asked.
std::vector<std::string> lost_signers(const TrustedCertificates& before,
                                      const TrustedCertificates& now);

/// What lies in the running kernel's image.
struct KernelFinds {
  TrustedCertificates keys;  ///< built into it, as far as the kernel lists them in /proc/keys
  std::string exports;       ///< what it exports (exports_in()); empty where that is not found
};

/// Searches the running kernel's image (/boot/vmlinuz-RELEASE or /usr/lib/modules/RELEASE/vmlinuz,
/// which only root can have written), taken apart in a compartment. An error, for the
/// administrator, where the image is not found or not understood: then no key is the kernel's.
/// For the listener before its first session.
Result<KernelFinds> search_kernel_image(const Accounts& accounts, const FilterSet& filters,
                                        Deadline deadline);

}  // namespace modgate
