// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/kernel_audit.h"

#include "catch.h"
#include "gate/audit/chain.h"
#include "unit/audit/sample.h"

using namespace modgate;

TEST_CASE("a decision in the words of kernel audit") {
  const std::string text =
      kernel_audit_text(sample::record(RecordKind::intent), sample::kCorrelation);
  CHECK(text ==
        "op=load-module device=\"vxlan\" acct=\"alice\" role=\"netdev\" "
        "rule=\"/etc/modgate/policy.toml:12\" sha256=\"" +
            digest_hex(sample::digest(2)) + "\" req=\"" + sample::kCorrelation +
            "\" reason=\"NET-42\"");
  Record unload = sample::record(RecordKind::refusal);
  unload.action = Action::unload;
  unload.rule.clear();
  CHECK_THAT(kernel_audit_text(unload, sample::kCorrelation),
             Catch::Matchers::StartsWith("op=unload-module ") &&
                 Catch::Matchers::ContainsSubstring("rule=\"default\""));
}

TEST_CASE("no value passes for a field of kernel audit", "[CVE-2023-28486][CVE-2023-28487]") {
  Record record = sample::record(RecordKind::intent);
  record.reason = "x\" res=success acct=\"root\n";
  record.user = "alice bob";
  const std::string text = kernel_audit_text(record, sample::kCorrelation);
  CHECK_THAT(text, !Catch::Matchers::ContainsSubstring("res=") &&
                       !Catch::Matchers::ContainsSubstring("\n") &&
                       Catch::Matchers::ContainsSubstring("acct=616C69636520626F62"));
  record.reason = std::string(100'000, '\n');
  CHECK(kernel_audit_text(record, sample::kCorrelation).size() < 8000);
}

TEST_CASE("the modes of kernel audit have three words") {
  CHECK(parse_kernel_audit_mode("off") == KernelAuditMode::off);
  CHECK(parse_kernel_audit_mode("on") == KernelAuditMode::on);
  CHECK(parse_kernel_audit_mode("required") == KernelAuditMode::required);
  CHECK_FALSE(parse_kernel_audit_mode(""));
  CHECK_FALSE(parse_kernel_audit_mode("On"));
}

TEST_CASE("kernel audit that is off is never asked") {
  KernelAudit audit;
  CHECK(audit.may_grant());
  CHECK(audit.tell(sample::record(RecordKind::intent), sample::kCorrelation));
}

TEST_CASE("a checkpoint is told with the log's name, its last record and its root") {
  Checkpoint checkpoint{"build 07/modgate/1", 12, {}};
  checkpoint.root[0] = 0xab;
  const std::string text = kernel_audit_text(checkpoint);
  // A name with a blank is spelled in hex, as every value that could pass for another field.
  CHECK(text == "op=audit-log-checkpoint log=6275696C642030372F6D6F64676174652F31 seq=12 root=ab" +
                    std::string(62, '0'));
  checkpoint.origin = "build07/modgate/1";
  CHECK(kernel_audit_text(checkpoint).find("log=\"build07/modgate/1\" seq=12") !=
        std::string::npos);
}
