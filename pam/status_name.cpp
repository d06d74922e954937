// SPDX-License-Identifier: Apache-2.0
#include "pam/status_name.h"

#include <security/_pam_types.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace modgate {
namespace {

constexpr std::array<std::pair<int, std::string_view>, 31> kNames = {{
    {PAM_OPEN_ERR, "PAM_OPEN_ERR"},
    {PAM_SYMBOL_ERR, "PAM_SYMBOL_ERR"},
    {PAM_SERVICE_ERR, "PAM_SERVICE_ERR"},
    {PAM_SYSTEM_ERR, "PAM_SYSTEM_ERR"},
    {PAM_BUF_ERR, "PAM_BUF_ERR"},
    {PAM_PERM_DENIED, "PAM_PERM_DENIED"},
    {PAM_AUTH_ERR, "PAM_AUTH_ERR"},
    {PAM_CRED_INSUFFICIENT, "PAM_CRED_INSUFFICIENT"},
    {PAM_AUTHINFO_UNAVAIL, "PAM_AUTHINFO_UNAVAIL"},
    {PAM_USER_UNKNOWN, "PAM_USER_UNKNOWN"},
    {PAM_MAXTRIES, "PAM_MAXTRIES"},
    {PAM_NEW_AUTHTOK_REQD, "PAM_NEW_AUTHTOK_REQD"},
    {PAM_ACCT_EXPIRED, "PAM_ACCT_EXPIRED"},
    {PAM_SESSION_ERR, "PAM_SESSION_ERR"},
    {PAM_CRED_UNAVAIL, "PAM_CRED_UNAVAIL"},
    {PAM_CRED_EXPIRED, "PAM_CRED_EXPIRED"},
    {PAM_CRED_ERR, "PAM_CRED_ERR"},
    {PAM_NO_MODULE_DATA, "PAM_NO_MODULE_DATA"},
    {PAM_CONV_ERR, "PAM_CONV_ERR"},
    {PAM_AUTHTOK_ERR, "PAM_AUTHTOK_ERR"},
    {PAM_AUTHTOK_RECOVERY_ERR, "PAM_AUTHTOK_RECOVERY_ERR"},
    {PAM_AUTHTOK_LOCK_BUSY, "PAM_AUTHTOK_LOCK_BUSY"},
    {PAM_AUTHTOK_DISABLE_AGING, "PAM_AUTHTOK_DISABLE_AGING"},
    {PAM_TRY_AGAIN, "PAM_TRY_AGAIN"},
    {PAM_IGNORE, "PAM_IGNORE"},
    {PAM_ABORT, "PAM_ABORT"},
    {PAM_AUTHTOK_EXPIRED, "PAM_AUTHTOK_EXPIRED"},
    {PAM_MODULE_UNKNOWN, "PAM_MODULE_UNKNOWN"},
    {PAM_BAD_ITEM, "PAM_BAD_ITEM"},
    {PAM_CONV_AGAIN, "PAM_CONV_AGAIN"},
    {PAM_INCOMPLETE, "PAM_INCOMPLETE"},
}};

}  // namespace

std::string pam_status_name(int status) {
  const auto found = std::find_if(kNames.begin(), kNames.end(),
                                  [&](const auto& entry) { return entry.first == status; });
  return found == kNames.end() ? std::string() : std::string(found->second);
}

}  // namespace modgate
