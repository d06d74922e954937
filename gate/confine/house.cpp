// SPDX-License-Identifier: Apache-2.0
#include "gate/confine/house.h"

namespace modgate {
namespace {

constexpr std::uint64_t kMebibyte = 1024ULL * 1024ULL;

/// A request has 2 minutes outside the kernel; what serves it longer than this is stuck.
constexpr std::chrono::seconds kRequestAndMargin{150};

/// A plan of 128 modules travels as 128 descriptors.
constexpr std::uint64_t kFilesOfAPlan = 192;

/// What is shot first when memory runs out; the listener's is -900.
constexpr int kExpendable = 500;

}  // namespace

std::vector<cap_value_t> needed_by_listener() {
  return {CAP_SYS_MODULE, CAP_SETUID, CAP_SETGID, CAP_SETPCAP, CAP_KILL};
}

std::vector<cap_value_t> handed_on_by_listener(const Accounts& accounts) {
  return authenticator_profile(accounts).keep;
}

Profile session_profile() {
  Profile profile;
  profile.name = "session";
  profile.uid = 0;
  profile.gid = 0;
  profile.keeps_parent_capabilities = true;
  // The caller's socket, and what the recorder hears of this connection.
  profile.given = {Given::channel, Given::channel};
  profile.filter = Filter::floor;
  // No deadline: it must outlive a load that is stuck in the kernel, to record how it ended.
  profile.max_files = 1024;
  profile.may_fork = true;
  profile.keeps_stderr = true;
  profile.oom_score_adj = 100;
  return profile;
}

Profile front_profile(const Accounts& accounts) {
  Profile profile;
  profile.name = "front";
  profile.uid = accounts.front.uid;
  profile.gid = accounts.front.gid;
  // The caller's socket, and the prompts of an authenticator.
  profile.given = {Given::channel, Given::channel};
  profile.filter = Filter::front;
  profile.deadline = kRequestAndMargin;
  profile.max_files = 32;
  profile.oom_score_adj = kExpendable;
  return profile;
}

Profile recorder_profile(const Accounts& accounts) {
  Profile profile;
  profile.name = "recorder";
  profile.uid = accounts.audit.uid;
  profile.gid = accounts.audit.gid;
  if (accounts.kernel_audit) profile.keep = {CAP_AUDIT_WRITE};
  profile.filter = Filter::recorder;
  profile.max_files = 1024;
  profile.keeps_stderr = true;
  return profile;
}

Profile inspector_profile(const Accounts& accounts) {
  Profile profile;
  profile.name = "inspector";
  profile.uid = accounts.inspect.uid;
  profile.gid = accounts.inspect.gid;
  profile.then_any_number_of = Given::image;
  profile.filter = Filter::inspector;
  profile.deadline = std::chrono::seconds(60);
  profile.cpu_seconds = 60;
  profile.max_files = kFilesOfAPlan;
  profile.max_memory = 2048 * kMebibyte;
  profile.oom_score_adj = kExpendable;
  return profile;
}

Profile unpacker_profile(const Accounts& accounts) {
  Profile profile = inspector_profile(accounts);
  profile.name = "unpacker";
  // What it reads, and what it writes to.
  profile.given = {Given::anything, Given::image};
  profile.then_any_number_of.reset();
  profile.max_files = 32;
  profile.max_memory = 1024 * kMebibyte;
  // All images together may hold no more than this, so one that grows beyond is hostile.
  profile.max_file_bytes = 1024 * kMebibyte;
  return profile;
}

Profile loader_profile(const Accounts& accounts) {
  Profile profile;
  profile.name = "loader";
  profile.uid = accounts.loader.uid;
  profile.gid = accounts.loader.gid;
  profile.keep = {CAP_SYS_MODULE};
  // From the recorder, the receipt.
  profile.given = {Given::channel};
  profile.then_any_number_of = Given::image;
  profile.filter = Filter::loader;
  // Disarmed by the loader itself before it asks the kernel: what the kernel does is not cut short.
  profile.deadline = std::chrono::seconds(120);
  profile.max_files = kFilesOfAPlan;
  return profile;
}

Profile reader_profile(const Accounts& accounts) {
  Profile profile;
  profile.name = "reader";
  profile.uid = accounts.front.uid;
  profile.gid = accounts.audit.gid;
  profile.filter = Filter::reader;
  profile.deadline = kRequestAndMargin;
  profile.max_files = 64;
  profile.oom_score_adj = kExpendable;
  return profile;
}

Profile authenticator_profile(const Accounts& accounts) {
  Profile profile;
  profile.name = "authenticator";
  profile.uid = 0;
  profile.gid = 0;
  if (accounts.closed_shadow) profile.keep = {CAP_AUDIT_WRITE, CAP_DAC_READ_SEARCH};
  // The prompts, to the front.
  profile.given = {Given::channel};
  profile.filter = Filter::floor;
  // No deadline: PAM modules set alarms of their own. The session kills it.
  profile.max_files = 256;
  profile.may_fork = true;
  return profile;
}

}  // namespace modgate
