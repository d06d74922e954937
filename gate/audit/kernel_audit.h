// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gate/evidence/checkpoint.h"
#include "modgate/caller.h"
#include "modgate/handle.h"
#include "modgate/record.h"
#include "modgate/result.h"

namespace modgate {

/// `linux_audit` of the policy.
enum class KernelAuditMode : std::uint8_t { off, on, required };

/// "off", "on" or "required".
std::optional<KernelAuditMode> parse_kernel_audit_mode(std::string_view text) noexcept;

/// The text of the AUDIT_USER_DEVICE record of a decision:
/// `op=load-module device="veth" acct="alice" role=… rule=… sha256=… req=… reason=…`. Every value
/// is encoded as audit_encode_nv_string(3) does it: hex where it holds a space, a quote or a
/// control character, so that no value can pass for a field.
std::string kernel_audit_text(const Record& record, const std::string& correlation_uid);

/// `op=audit-log-checkpoint log="host/modgate/5f0c2b6a" seq=12 root=HEX`: SEQ and ROOT as the
/// checkpoint has them, the root in hex.
std::string kernel_audit_text(const Checkpoint& checkpoint);

/// Hands decisions to the kernel's audit. Needs CAP_AUDIT_WRITE.
class KernelAudit {
 public:
  /// Takes effect for what is sent from now on. `off` closes the socket.
  void set_mode(KernelAuditMode mode);

  /// Whether a request may be granted: always, unless the mode is `required` and the kernel would
  /// not keep the record.
  Status may_grant();

  /// Sends the decision in `record`; others are passed over. An error only where the mode is
  /// `required`.
  Status tell(const Record& record, const std::string& correlation_uid);

  /// Sends the log's newest checkpoint (AUDIT_TRUSTED_APP), so that the kernel's audit holds a
  /// root that the log can be checked against. An error only where the mode is `required`.
  Status tell_checkpoint(const Checkpoint& checkpoint);

 private:
  Status send_text(int type, const std::string& text, bool succeeded);
  Status send(const Record& record, const std::string& correlation_uid);
  Status open();
  KernelAuditMode mode_ = KernelAuditMode::off;
  Fd socket_;
};

/// Whether the kernel keeps audit records at all. Asked with an empty record: a kernel whose audit
/// is off acknowledges it, one whose audit is on calls it invalid (audit_receive_msg(), Linux 5.6
/// and stable kernels since 2020). audit_is_enabled(3) would need CAP_AUDIT_CONTROL, with which
/// audit could be switched off.
Result<bool> kernel_audit_is_on(int socket);

}  // namespace modgate
