// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/kernel_audit.h"

#include <libaudit.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "gate/audit/chain.h"
#include "gate/audit/event.h"

namespace modgate {
namespace {

constexpr int kAnswerMilliseconds = 1000;
constexpr std::uint32_t kProbe = 0x6d6f6467;  // a sequence number libaudit is not going to use
/// Of MAX_AUDIT_MESSAGE_LENGTH (8970) the rest is left for what libaudit adds; hex doubles a value.
constexpr std::size_t kAuditValueBytes = 512;

using Text = CHandle<char, std::free>;

Error audit_error(const std::string& what, int code) {
  return {Outcome::unavailable, "kernel audit: " + what + ": " + std::strerror(code), code};
}

void add(std::string& text, const char* name, const std::string& value) {
  const std::string clipped = value.substr(0, kAuditValueBytes);
  const Text encoded(
      audit_encode_nv_string(name, clipped.c_str(), static_cast<unsigned>(clipped.size())));
  if (!encoded) return;
  if (!text.empty()) text += ' ';
  text += encoded.get();
}

bool is_decision(const Record& record) {
  return record.kind == RecordKind::intent || record.kind == RecordKind::refusal;
}

struct Probe {
  nlmsghdr header;
};

struct Answer {
  nlmsghdr header;
  nlmsgerr error;
  char rest[256];
};

}  // namespace

std::optional<KernelAuditMode> parse_kernel_audit_mode(std::string_view text) noexcept {
  if (text == "off") return KernelAuditMode::off;
  if (text == "on") return KernelAuditMode::on;
  if (text == "required") return KernelAuditMode::required;
  return std::nullopt;
}

std::string kernel_audit_text(const Record& record, const std::string& correlation_uid) {
  std::string text = record.action == Action::load ? "op=load-module" : "op=unload-module";
  add(text, "device", record.driver.empty() ? record.asked : record.driver);
  add(text, "acct", record.user);
  add(text, "role", record.role);
  add(text, "rule", record.rule.empty() ? "default" : record.rule);
  if (const RecordedModule* driver = driver_of(record); driver != nullptr && driver->sha256) {
    add(text, "sha256", digest_hex(*driver->sha256));
  }
  add(text, "req", correlation_uid);
  if (!record.reason.empty()) add(text, "reason", record.reason);
  return text;
}

std::string kernel_audit_text(const Checkpoint& checkpoint) {
  std::string text = "op=audit-log-checkpoint";
  add(text, "log", checkpoint.origin);
  text += " seq=" + std::to_string(checkpoint.size) + " root=" + digest_hex(checkpoint.root);
  return text;
}

Result<bool> kernel_audit_is_on(int socket) {
  Probe probe = {};
  probe.header.nlmsg_len = sizeof probe;
  probe.header.nlmsg_type = AUDIT_USER_DEVICE;
  probe.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  probe.header.nlmsg_seq = kProbe;
  sockaddr_nl kernel = {};
  kernel.nl_family = AF_NETLINK;
  if (::sendto(socket, &probe, sizeof probe, 0, reinterpret_cast<const sockaddr*>(&kernel),
               sizeof kernel) != static_cast<ssize_t>(sizeof probe)) {
    return audit_error("it cannot be asked", errno);
  }
  // At most a few answers to older messages stand before ours.
  for (int tries = 0; tries < 16; ++tries) {
    pollfd ready = {socket, POLLIN, 0};
    const int polled = ::poll(&ready, 1, kAnswerMilliseconds);
    if (polled < 0 && errno == EINTR) continue;
    if (polled <= 0) break;
    Answer answer = {};
    const ssize_t got = ::recv(socket, &answer, sizeof answer, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(nlmsgerr)))) break;
    if (answer.header.nlmsg_type != NLMSG_ERROR || answer.header.nlmsg_seq != kProbe) continue;
    if (answer.error.error == 0) return false;
    if (answer.error.error == -EINVAL) return true;
    return audit_error("it refuses records", -answer.error.error);
  }
  return audit_error("it does not answer", ETIMEDOUT);
}

void KernelAudit::set_mode(KernelAuditMode mode) {
  mode_ = mode;
  if (mode == KernelAuditMode::off) socket_.reset();
}

Status KernelAudit::open() {
  if (socket_) return Done{};
  socket_ = Fd(audit_open());
  if (!socket_) return audit_error("it cannot be reached", errno);
  return Done{};
}

Status KernelAudit::may_grant() {
  if (mode_ != KernelAuditMode::required) return Done{};
  if (auto opened = open(); !opened) return opened;
  auto on = kernel_audit_is_on(socket_.get());
  if (!on) {
    // A late answer must not be taken for that to another record.
    socket_.reset();
    return on.error();
  }
  if (*on) return Done{};
  return Error{Outcome::unavailable,
               "the policy requires kernel audit, and this kernel's audit is off"};
}

Status KernelAudit::send(const Record& record, const std::string& correlation_uid) {
  return send_text(AUDIT_USER_DEVICE, kernel_audit_text(record, correlation_uid),
                   record.kind == RecordKind::intent);
}

Status KernelAudit::tell_checkpoint(const Checkpoint& checkpoint) {
  if (mode_ == KernelAuditMode::off) return Done{};
  Status sent = send_text(AUDIT_TRUSTED_APP, kernel_audit_text(checkpoint), true);
  if (!sent && mode_ == KernelAuditMode::on) return Done{};
  return sent;
}

Status KernelAudit::send_text(int type, const std::string& text, bool succeeded) {
  if (auto opened = open(); !opened) return opened;
  // Empty and not nullptr: libaudit would fill in terminal and address of this process.
  const int sent =
      audit_log_user_message(socket_.get(), type, text.c_str(), "", "", "", succeeded ? 1 : 0);
  // 0 is a failure that libaudit hides (ECONNREFUSED, EPERM).
  if (sent > 0) return Done{};
  const int code = sent < 0 ? errno : EPERM;
  socket_.reset();
  return audit_error("the record was not taken", code);
}

Status KernelAudit::tell(const Record& record, const std::string& correlation_uid) {
  if (mode_ == KernelAuditMode::off || !is_decision(record)) return Done{};
  Status sent = send(record, correlation_uid);
  // With "on" the gate's own log is what counts.
  if (!sent && mode_ == KernelAuditMode::on) return Done{};
  return sent;
}

}  // namespace modgate
