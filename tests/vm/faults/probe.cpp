// SPDX-License-Identifier: Apache-2.0
#include "vm/faults/probe.h"

#include <fcntl.h>
#include <poll.h>
#include <security/pam_appl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "gate/audit/ledger.h"
#include "gate/audit/search.h"
#include "gate/confine/capabilities.h"
#include "gate/confine/confinement.h"
#include "gate/confine/house.h"
#include "gate/module/image.h"
#include "gate/wire/request_codec.h"
#include "modgate/handle.h"
#include "vm/faults/forbidden_calls.h"
#include "vm/faults/unpacker_lies.h"

struct kmod_module;

namespace modgate::sample {
namespace {

constexpr const char* kBoard = "/run/modgate-probe/board";

/// What this process has learned about itself.
struct Self {
  std::span<Probe> board;
  std::string process = "listener";
  pid_t pid = ::getpid();
  std::string profile;
  std::string inside;
  std::string calls;
};

Self& self() {
  static Self self;
  return self;
}

void map_board() {
  const Fd file(::open(kBoard, O_RDWR | O_CLOEXEC));
  struct stat state = {};
  if (!file || ::fstat(file.get(), &state) != 0) return;
  const auto size = static_cast<std::size_t>(state.st_size);
  void* board = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (board != MAP_FAILED) self().board = {static_cast<Probe*>(board), size / sizeof(Probe)};
}

Probe* probe_of(std::string_view process) {
  for (Probe& probe : self().board) {
    if (process == probe.process) return &probe;
  }
  return nullptr;
}

bool wants_copies(std::string_view process) {
  const Probe* probe = probe_of(process);
  return probe != nullptr && probe->copies != 0;
}

std::string line(const std::string& name, std::uint64_t value) {
  return name + '=' + std::to_string(value) + '\n';
}

std::string describe(const Profile& profile) {
  std::string groups;
  for (const gid_t group : profile.groups) groups += std::to_string(group) + ' ';
  return line("profile.uid", profile.uid) + line("profile.gid", profile.gid) +
         "profile.groups=" + groups + '\n' + line("profile.keep", capability_mask(profile.keep)) +
         line("profile.keeps_parent_capabilities", profile.keeps_parent_capabilities ? 1 : 0) +
         line("profile.deadline", static_cast<std::uint64_t>(profile.deadline.count())) +
         line("profile.cpu_seconds", profile.cpu_seconds) +
         line("profile.max_files", profile.max_files) +
         line("profile.max_memory", profile.max_memory) +
         line("profile.max_file_bytes", profile.max_file_bytes) +
         line("profile.may_fork", profile.may_fork ? 1 : 0) +
         line("profile.keeps_stderr", profile.keeps_stderr ? 1 : 0) +
         line("profile.oom_score_adj", static_cast<std::uint64_t>(profile.oom_score_adj));
}

/// What /proc tells nobody.
std::string look_inside() {
  std::uint64_t entries = 0;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) ++entries;
  itimerval alarm = {};
  const bool is_read = ::getitimer(ITIMER_REAL, &alarm) == 0;
  return line("inside.securebits",
              static_cast<std::uint64_t>(::prctl(PR_GET_SECUREBITS, 0, 0, 0, 0))) +
         line("inside.dumpable", static_cast<std::uint64_t>(::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0))) +
         line("inside.environment", entries) +
         line("inside.deadline", is_read ? static_cast<std::uint64_t>(alarm.it_value.tv_sec) : ~0U);
}

/// How copies of this process ended, each of which made one call that is forbidden to it. All at
/// once: whoever waits for this process has a deadline.
std::string try_in_copies(const std::function<void()>& confine) {
  const std::vector<ForbiddenCall> calls = calls_forbidden_to(self().process);
  std::vector<pid_t> copies;
  for (const ForbiddenCall& call : calls) {
    copies.push_back(::fork());
    if (copies.back() != 0) continue;
    confine();
    call.attempt();
    ::_exit(0);
  }
  std::string ends;
  for (std::size_t at = 0; at < calls.size(); ++at) {
    int status = -1;
    const bool is_ended = copies[at] > 0 && ::waitpid(copies[at], &status, 0) == copies[at];
    ends += std::string("call.") + calls[at].name + '=' +
            (!is_ended             ? "no process"
             : WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                   : "exit " + std::to_string(WEXITSTATUS(status))) +
            '\n';
  }
  return ends;
}

void attempt(const Probe& probe) {
  for (const ForbiddenCall& call : calls_forbidden_to(probe.process)) {
    if (std::string_view(call.name) == probe.attempt) call.attempt();
  }
}

}  // namespace

void at_most_privileged_moment(std::string_view process) {
  if (self().process != process) return;
  Probe* probe = probe_of(process);
  if (probe == nullptr || probe->state != Probe::armed) return;
  if (probe->attempt[0] != '\0') {
    probe->state = Probe::trying;
    attempt(*probe);
    probe->state = Probe::survived;
    return;
  }
  if (self().inside.empty()) {
    self().inside = look_inside();
    if (wants_copies(process)) self().calls = try_in_copies([] {});
  }
  const std::string report = self().profile + self().inside + self().calls;
  std::memcpy(probe->report, report.data(), std::min(report.size(), sizeof probe->report - 1));
  probe->pid = self().pid;
  probe->state = Probe::waiting;
  while (probe->state == Probe::waiting) static_cast<void>(::poll(nullptr, 0, 10));
}

}  // namespace modgate::sample

using namespace modgate;
using modgate::sample::at_most_privileged_moment;
using modgate::sample::self;

// What the linker puts in place of functions of the house and its libraries (--wrap), and those.

Status limit_listener(
    const std::vector<cap_value_t>& permitted,
    const std::vector<cap_value_t>&
        required) asm("__wrap__ZN7modgate30permanently_limit_capabilitiesERKSt6vectorIiSaIiEES4_");
Status limit_in_earnest(
    const std::vector<cap_value_t>& permitted,
    const std::vector<cap_value_t>&
        required) asm("__real__ZN7modgate30permanently_limit_capabilitiesERKSt6vectorIiSaIiEES4_");
void confine_and_remember(const Profile& profile, const std::vector<sock_filter>* filter) asm(
    "__wrap__ZN7modgate26permanently_confine_or_dieERKNS_7ProfileEPKSt6vectorI11sock_filterSaIS4_"
    "EE");
void confine_in_earnest(const Profile& profile, const std::vector<sock_filter>* filter) asm(
    "__real__ZN7modgate26permanently_confine_or_dieERKNS_7ProfileEPKSt6vectorI11sock_filterSaIS4_"
    "EE");
Status look_and_install(const std::vector<sock_filter>& program) asm(
    "__wrap__ZN7modgate14install_filterERKSt6vectorI11sock_filterSaIS1_EE");
Status install_in_earnest(const std::vector<sock_filter>& program) asm(
    "__real__ZN7modgate14install_filterERKSt6vectorI11sock_filterSaIS1_EE");
Profile listener_forks() asm("__wrap__ZN7modgate15session_profileEv");
Profile session_profile_in_earnest() asm("__real__ZN7modgate15session_profileEv");
Profile session_loads(const Accounts& accounts) asm(
    "__wrap__ZN7modgate14loader_profileERKNS_8AccountsE");
Profile loader_profile_in_earnest(const Accounts& accounts) asm(
    "__real__ZN7modgate14loader_profileERKNS_8AccountsE");
Result<Request> front_hears(std::string_view message) asm(
    "__wrap__ZN7modgate14decode_requestESt17basic_string_viewIcSt11char_traitsIcEE");
Result<Request> decode_in_earnest(std::string_view message) asm(
    "__real__ZN7modgate14decode_requestESt17basic_string_viewIcSt11char_traitsIcEE");
Status recorder_writes(Ledger* ledger) asm("__wrap__ZN7modgate6Ledger6commitEv");
Status commit_in_earnest(Ledger* ledger) asm("__real__ZN7modgate6Ledger6commitEv");
Status unpacker_copies(int file, int image,
                       std::uint64_t max_bytes) asm("__wrap__ZN7modgate15copy_into_imageEiim");
Status copy_in_earnest(int file, int image,
                       std::uint64_t max_bytes) asm("__real__ZN7modgate15copy_into_imageEiim");
Status unpacker_unpacks(int file, Compression compression, int image, std::uint64_t max_bytes) asm(
    "__wrap__ZN7modgate17unpack_into_imageEiNS_11CompressionEim");
Status unpack_in_earnest(int file, Compression compression, int image, std::uint64_t max_bytes) asm(
    "__real__ZN7modgate17unpack_into_imageEiNS_11CompressionEim");
Result<LogPosition>
reader_searches(int directory, LogFilter& filter, const LogPosition& from, const LogSink& sink) asm(
    "__wrap__ZN7modgate10search_logEiRNS_9LogFilterERKNS_11LogPositionERKSt8functionIFNS_"
    "6ResultINS_4DoneEEESt17basic_string_viewIcSt11char_traitsIcEEEE");
Result<LogPosition>
search_in_earnest(int directory, LogFilter& filter, const LogPosition& from, const LogSink& sink) asm(
    "__real__ZN7modgate10search_logEiRNS_9LogFilterERKNS_11LogPositionERKSt8functionIFNS_"
    "6ResultINS_4DoneEEESt17basic_string_viewIcSt11char_traitsIcEEEE");
int loader_inserts(kmod_module* module, unsigned flags, const char* parameters) noexcept
    asm("__wrap_kmod_module_insert_module");
int insert_in_earnest(kmod_module* module, unsigned flags, const char* parameters) noexcept
    asm("__real_kmod_module_insert_module");
int authenticator_has_asked(pam_handle_t* handle, int flags) noexcept asm("__wrap_pam_acct_mgmt");
int account_in_earnest(pam_handle_t* handle, int flags) noexcept asm("__real_pam_acct_mgmt");

/// The last moment at which the helper can open what it likes.
Status limit_listener(const std::vector<cap_value_t>& permitted,
                      const std::vector<cap_value_t>& required) {
  if (self().board.empty()) modgate::sample::map_board();
  return limit_in_earnest(permitted, required);
}

void confine_and_remember(const Profile& profile, const std::vector<sock_filter>* filter) {
  self().process = profile.name;
  self().pid = ::getpid();
  self().profile = modgate::sample::describe(profile);
  self().inside.clear();
  // Behind its filter it has no copies any more; those get the same profile, and only then try.
  if (profile.filter != Filter::floor && modgate::sample::wants_copies(profile.name)) {
    self().calls = modgate::sample::try_in_copies([&] { confine_in_earnest(profile, filter); });
  }
  confine_in_earnest(profile, filter);
}

/// Behind the filter it could not ask; and what it could change it could change no more.
Status look_and_install(const std::vector<sock_filter>& program) {
  self().inside = modgate::sample::look_inside();
  return install_in_earnest(program);
}

/// About to fork, with a connection in its hands.
Profile listener_forks() {
  at_most_privileged_moment("listener");
  return session_profile_in_earnest();
}

/// About to fork the loader, with the images in its hands.
Profile session_loads(const Accounts& accounts) {
  at_most_privileged_moment("session");
  return loader_profile_in_earnest(accounts);
}

/// With what the caller sent, its open file too.
Result<Request> front_hears(std::string_view message) {
  at_most_privileged_moment("front");
  return decode_in_earnest(message);
}

Status recorder_writes(Ledger* ledger) {
  at_most_privileged_moment("recorder");
  return commit_in_earnest(ledger);
}

/// About to read a stranger's bytes; and so is the other.
Status unpacker_copies(int file, int image, std::uint64_t max_bytes) {
  at_most_privileged_moment("unpacker");
  return copy_in_earnest(file, image, max_bytes);
}

Status unpacker_unpacks(int file, Compression compression, int image, std::uint64_t max_bytes) {
  at_most_privileged_moment("unpacker");
  return lie_about_unpacked(image, unpack_in_earnest(file, compression, image, max_bytes));
}

Result<LogPosition> reader_searches(int directory, LogFilter& filter, const LogPosition& from,
                                    const LogSink& sink) {
  at_most_privileged_moment("reader");
  return search_in_earnest(directory, filter, from, sink);
}

/// About to ask the kernel.
int loader_inserts(kmod_module* module, unsigned flags, const char* parameters) noexcept {
  at_most_privileged_moment("loader");
  return insert_in_earnest(module, flags, parameters);
}

/// PAM has had the password, and its modules are in.
int authenticator_has_asked(pam_handle_t* handle, int flags) noexcept {
  at_most_privileged_moment("authenticator");
  return account_in_earnest(handle, flags);
}
