// SPDX-License-Identifier: Apache-2.0
#include "pam/pam_session.h"

#include <utility>

namespace modgate {
namespace {

// Debian's common-auth says `nullok`.
constexpr int kFlags = PAM_DISALLOW_NULL_AUTHTOK;

Error refused(std::string message, int status) {
  return {Outcome::unauthenticated, std::move(message), status};
}

}  // namespace

PamSession::~PamSession() {
  // It frees in any case, and there is nobody left to tell.
  if (handle_ != nullptr) static_cast<void>(::pam_end(handle_, last_));
}

Status PamSession::set_item(int item, const std::string& value) {
  const int status = check(::pam_set_item(handle_, item, value.c_str()));
  if (status == PAM_SUCCESS) return Done{};
  return refused("PAM cannot be told about the caller", status);
}

Status PamSession::start(const PamRequest& request) {
  if (handle_ != nullptr || request.service.empty() || request.user.empty()) {
    return refused("there is nobody to authenticate", PAM_SYSTEM_ERR);
  }
  user_ = request.user;
  const int status =
      check(::pam_start(request.service.c_str(), request.user.c_str(), relay_.entry(), &handle_));
  if (status != PAM_SUCCESS || handle_ == nullptr) {
    return refused("PAM cannot start the service " + request.service,
                   status == PAM_SUCCESS ? PAM_SYSTEM_ERR : status);
  }
  if (auto set = set_item(PAM_RUSER, request.user); !set) return set;
  return set_item(PAM_TTY, request.terminal.empty() ? request.service : request.terminal);
}

Status PamSession::authenticate() {
  if (handle_ == nullptr) return refused("PAM was not started", PAM_SYSTEM_ERR);
  return judge(check(::pam_authenticate(handle_, kFlags)));
}

Status PamSession::check_account() {
  if (handle_ == nullptr) return refused("PAM was not started", PAM_SYSTEM_ERR);
  return judge(check(::pam_acct_mgmt(handle_, kFlags)));
}

Status PamSession::judge(int status) {
  // A stack may hide that its module was never answered, behind another status or even a success.
  if (!relay_.failure()) {
    last_ = PAM_CONV_ERR;
    return refused(relay_.failure().error().message, PAM_CONV_ERR);
  }
  if (status == PAM_SUCCESS) return check_user();
  if (status == PAM_NEW_AUTHTOK_REQD) {
    return refused("the password has expired and must be changed first", status);
  }
  if (status == PAM_ACCT_EXPIRED) return refused("the account has expired", status);
  const char* text = ::pam_strerror(handle_, status);
  return refused(text == nullptr ? "PAM refuses" : text, status);
}

Status PamSession::check_user() {
  const void* user = nullptr;
  const int status = ::pam_get_item(handle_, PAM_USER, &user);
  if (status == PAM_SUCCESS && user != nullptr && user_ == static_cast<const char*>(user)) {
    return Done{};
  }
  last_ = PAM_AUTH_ERR;
  // Not PAM_AUTH_ERR: the caller's next try would end the same way.
  return refused("PAM authenticated somebody else", PAM_PERM_DENIED);
}

}  // namespace modgate
