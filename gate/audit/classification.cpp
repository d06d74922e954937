// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/classification.h"

namespace modgate {
namespace {

constexpr Caption kInformational{1, "Informational"};
constexpr Caption kLow{2, "Low"};
constexpr Caption kMedium{3, "Medium"};
constexpr Caption kHigh{4, "High"};

constexpr Caption kUnknownStatus{0, "Unknown"};
constexpr Caption kSuccess{1, "Success"};
constexpr Caption kFailure{2, "Failure"};
constexpr Caption kOtherStatus{99, "Other"};

constexpr Caption kActionAllowed{1, "Allowed"};
constexpr Caption kActionDenied{2, "Denied"};
constexpr Caption kActionObserved{3, "Observed"};

constexpr Caption kAllowed{1, "Allowed"};
constexpr Caption kBlocked{2, "Blocked"};
constexpr Caption kNoAction{16, "No Action"};
constexpr Caption kRejected{25, "Rejected"};
constexpr Caption kUnauthorized{26, "Unauthorized"};
constexpr Caption kError{27, "Error"};

constexpr Caption kSystemActivity{1, "System Activity"};
constexpr Caption kIdentity{3, "Identity & Access Management"};
constexpr Caption kApplication{6, "Application Activity"};

EventJudgement judge_outcome(const Record& record) noexcept {
  if (record.outcome_unknown) return {kHigh, kOtherStatus, kActionAllowed, kError, true};
  if (record.outcome == Outcome::done) {
    return {kInformational, kSuccess, kActionAllowed, kAllowed, false};
  }
  // The policy allowed it and the kernel did not: two different things to whoever reviews.
  return {kLow, kFailure, kActionAllowed, kError, false};
}

EventJudgement judge_refusal(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::denied:
      return {kMedium, kFailure, kActionDenied, kBlocked, true};
    case Outcome::unauthenticated:
      return {kMedium, kFailure, kActionDenied, kUnauthorized, true};
    case Outcome::rejected:
      return {kHigh, kFailure, kActionDenied, kRejected, true};
    case Outcome::done:
    case Outcome::failed:
    case Outcome::usage:
    case Outcome::unavailable:
      break;
  }
  return {kLow, kFailure, kActionDenied, kError, false};
}

Caption success_or_failure(const Record& record) noexcept {
  return record.outcome == Outcome::done ? kSuccess : kFailure;
}

}  // namespace

EventClass classify(const Record& record) noexcept {
  constexpr Caption kLifecycle{kApplicationLifecycle, "Application Lifecycle"};
  switch (record.kind) {
    case RecordKind::authentication:
      return {kIdentity, {kAuthentication, "Authentication"}, {1, "Logon"}, "authentication"};
    case RecordKind::start:
      return {kApplication, kLifecycle, {3, "Start"}, "helper.start"};
    case RecordKind::stop:
      return {kApplication, kLifecycle, {4, "Stop"}, "helper.stop"};
    case RecordKind::recovery:
      return {kApplication, kLifecycle, {99, "Other"}, "helper.recovery"};
    case RecordKind::clock:
      return {kApplication, kLifecycle, {99, "Other"}, "helper.clock"};
    case RecordKind::retention:
      return {kApplication, kLifecycle, {99, "Other"}, "log.retention"};
    case RecordKind::policy:
      return {kIdentity, {kEntityManagement, "Entity Management"}, {3, "Update"}, "policy.update"};
    case RecordKind::sign_off:
      return {kIdentity, {kEntityManagement, "Entity Management"}, {2, "Read"}, "log.sign_off"};
    case RecordKind::intent:
    case RecordKind::outcome:
    case RecordKind::refusal:
    case RecordKind::nothing_to_do:
      break;
  }
  const bool load = record.action == Action::load;
  return {kSystemActivity,
          {kKernelExtensionActivity, "Kernel Extension Activity"},
          load ? Caption{1, "Load"} : Caption{2, "Unload"},
          load ? "module.load" : "module.unload"};
}

EventJudgement judge(const Record& record) noexcept {
  switch (record.kind) {
    case RecordKind::intent:
      return {kInformational, kUnknownStatus, kActionAllowed, kAllowed, false};
    case RecordKind::outcome:
      return judge_outcome(record);
    case RecordKind::nothing_to_do:
      return {kInformational, kSuccess, kActionObserved, kNoAction, false};
    case RecordKind::authentication:
      return {kLow, success_or_failure(record), {}, {}, false};
    case RecordKind::start:
    case RecordKind::stop:
      return {kInformational, success_or_failure(record), {}, {}, false};
    case RecordKind::retention:
      return {kLow, success_or_failure(record), {}, {}, false};
    case RecordKind::clock:
    case RecordKind::recovery:
      return {kMedium, success_or_failure(record), {}, {}, false};
    case RecordKind::policy:
    case RecordKind::sign_off:
      return {record.outcome == Outcome::done ? kInformational : kMedium,
              success_or_failure(record),
              {},
              {},
              false};
    case RecordKind::refusal:
      break;
  }
  return judge_refusal(record.outcome);
}

const char* kind_word(RecordKind kind) noexcept {
  switch (kind) {
    case RecordKind::intent:
      return "intent";
    case RecordKind::outcome:
      return "outcome";
    case RecordKind::nothing_to_do:
      return "nothing_to_do";
    case RecordKind::authentication:
      return "authentication";
    case RecordKind::start:
      return "start";
    case RecordKind::stop:
      return "stop";
    case RecordKind::recovery:
      return "recovery";
    case RecordKind::policy:
      return "policy";
    case RecordKind::clock:
      return "clock";
    case RecordKind::retention:
      return "retention";
    case RecordKind::sign_off:
      return "sign_off";
    case RecordKind::refusal:
      break;
  }
  return "refusal";
}

const char* outcome_word(const Record& record) noexcept {
  return record.outcome_unknown ? "unknown" : word(record.outcome);
}

}  // namespace modgate
