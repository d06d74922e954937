// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gate/audit/event.h"
#include "modgate/caller.h"
#include "modgate/record.h"

namespace modgate::sample {

inline const std::string kCorrelation = "01985f2e-6d10-7f02-8a44-9b8c7d6e5f40";
inline const std::string kBoot = "0b3a5a2a-7c0f-4b1e-9a57-3d1c7e1f9a10";

inline Origin origin() {
  Origin origin;
  origin.hostname = "build07.example.org";
  origin.machine_id = "5f0c2b6a6a1d4d2bb1f7c0a4c6f9d211";
  origin.boot_id = kBoot;
  origin.os_name = "Debian GNU/Linux";
  origin.os_version = "12";
  origin.kernel_release = "6.1.0-56-amd64";
  origin.product_version = "0.1.0";
  return origin;
}

inline Peer alice() {
  Peer peer;
  peer.uid = 1000;
  peer.gid = 1000;
  peer.login_uid = 1000;
  peer.audit_session = 12;
  peer.session = {LoginSession::Kind::audit, 12, 0};
  peer.process = {4711, "modgate", 1785491999950, "pts/3", 4650, "bash"};
  return peer;
}

inline Digest digest(std::uint8_t first) {
  Digest digest{};
  digest[0] = first;
  digest[31] = 0xff;
  return digest;
}

inline RecordedModule module(const std::string& name, std::uint8_t first, Why why) {
  RecordedModule module;
  module.name = name;
  module.file = "/lib/modules/6.1.0-56-amd64/kernel/net/" + name + ".ko.xz";
  module.sha256 = digest(first);
  module.size = 57344;
  module.signer = "kernel";
  module.why = why;
  return module;
}

/// A load of vxlan, which needs udp_tunnel.
inline Record record(RecordKind kind) {
  Record record;
  record.kind = kind;
  record.time_ns = 1785492000123456789;
  record.outcome = Outcome::done;
  record.action = Action::load;
  record.asked = "vxlan";
  record.driver = "vxlan";
  record.modules = {module("udp_tunnel", 1, Why::dependency), module("vxlan", 2, Why::asked)};
  record.modules[1].parameters = "log_ecn_error=1";
  record.role = "netdev";
  record.rule = "/etc/modgate/policy.toml:12";
  record.policy_digest = std::string(64, 'a');
  record.reason = "NET-42";
  record.authentication = "pam:modgate";
  record.message = "alice is allowed to load vxlan";
  record.user = "alice";
  record.groups = {{1000, "alice"}, {1001, "netops"}};
  return record;
}

/// The outcome of the same.
inline Record outcome() {
  Record done = record(RecordKind::outcome);
  done.message = "loaded udp_tunnel, vxlan";
  for (RecordedModule& module : done.modules) {
    module.step = Step::done;
    module.instance = 4026531840 + module.name.size();
  }
  done.taint_before = 0;
  done.taint_after = 4096;
  done.duration_us = 1500;
  done.appeared = {"libcrc32c"};
  return done;
}

inline Stamp stamp(std::uint64_t sequence = 7) {
  Stamp stamp;
  stamp.sequence = sequence;
  stamp.prev = std::string(64, '0');
  stamp.uid = kCorrelation;
  stamp.correlation_uid = kCorrelation;
  stamp.logged_ms = 1785492000125;
  return stamp;
}

}  // namespace modgate::sample
