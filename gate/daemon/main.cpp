// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <utility>
#include <vector>

#include "gate/confine/capabilities.h"
#include "gate/daemon/listener.h"
#include "gate/daemon/listening_socket.h"
#include "gate/daemon/log_line.h"
#include "gate/daemon/recorder.h"
#include "gate/daemon/session_world.h"
#include "gate/daemon/trust.h"
#include "gate/daemon/turn_away.h"
#include "gate/identity/names.h"
#include "gate/module/signature.h"

namespace modgate {
namespace {

/// The environment's own bytes, which unsetenv(3) and clearenv(3) leave where they are.
std::vector<char*> environment_entries() {
  std::vector<char*> entries;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    entries.push_back(*entry);
  }
  return entries;
}

/// Nothing of whoever starts the helper reaches it or its children: no environment, not even in
/// /proc/PID/environ, no directory, no umask, no ignored SIGCHLD.
Status leave_the_starter_behind(const std::vector<char*>& environment) {
  for (char* entry : environment) ::explicit_bzero(entry, std::strlen(entry));
  if (::clearenv() != 0 || ::chdir("/") != 0) {
    return Error{Outcome::unavailable, std::string("chdir /: ") + std::strerror(errno), errno};
  }
  ::umask(077);
  // Ignored, it would hide how a child ended (wait(2)).
  if (::signal(SIGCHLD, SIG_DFL) == SIG_ERR) {
    return Error{Outcome::unavailable, "SIGCHLD cannot be reset", errno};
  }
  return Done{};
}

/// A closed standard descriptor would be the number of the next file or socket that is opened.
bool has_standard_descriptors() {
  for (const int standard : {0, 1, 2}) {
    if (::fcntl(standard, F_GETFD) < 0 && ::open("/dev/null", O_RDWR) != standard) return false;
  }
  return true;
}

/// Whether /etc/shadow gives its owner no right to read, as on Fedora.
bool has_closed_shadow() {
  struct stat state = {};
  return ::stat("/etc/shadow", &state) == 0 && (state.st_mode & S_IRUSR) == 0;
}

Result<Accounts> find_accounts() {
  Accounts accounts;
  const auto look_up = [](const char* name, Account& into) -> Status {
    auto account = look_up_service_account(name);
    if (!account) {
      return Error{Outcome::unavailable,
                   account.error().message + "; make it with: systemd-sysusers"};
    }
    into = {account->uid, account->gid};
    return Done{};
  };
  for (const Status& found :
       {look_up("modgate", accounts.loader), look_up("modgate-inspect", accounts.inspect),
        look_up("modgate-front", accounts.front), look_up("modgate-audit", accounts.audit)}) {
    if (!found) return found.error();
  }
  // The courier is a service of its own, which need not be installed.
  if (auto courier = look_up_service_account("modgate-courier")) {
    accounts.courier = {courier->uid, courier->gid};
  }
  accounts.kernel_audit = ::cap_get_bound(CAP_AUDIT_WRITE) == 1;
  accounts.closed_shadow = has_closed_shadow();
  return accounts;
}

/// An empty or missing log directory is made fit for the recorder while this process still may; one
/// with a log in it is left as it is, and the recorder judges it.
Status prepare_log_directory(const std::string& path, const Accounts& accounts) {
  if (::mkdir(path.c_str(), 0750) != 0 && errno != EEXIST) {
    return Error{Outcome::unavailable, "cannot make " + path + ": " + std::strerror(errno), errno};
  }
  const Fd directory(::open(path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat state = {};
  if (!directory || ::fstat(directory.get(), &state) != 0) {
    return Error{Outcome::unavailable, path + ": " + std::strerror(errno), errno};
  }
  if (state.st_uid == accounts.audit.uid || state.st_uid != 0) return Done{};
  const std::string by_descriptor = "/proc/self/fd/" + std::to_string(directory.get());
  if (::chown(by_descriptor.c_str(), accounts.audit.uid, accounts.audit.gid) != 0 ||
      ::chmod(by_descriptor.c_str(), 0750) != 0) {
    return Error{
        Outcome::unavailable,
        path + " does not belong to modgate-audit; make it so with: systemd-tmpfiles --create",
        errno};
  }
  return Done{};
}

/// `more`: what is handed on once, and then given up.
Status drop_to_listener(const Accounts& accounts, const std::vector<cap_value_t>& more) {
  std::vector<cap_value_t> permitted = handed_on_by_listener(accounts);
  permitted.insert(permitted.end(), more.begin(), more.end());
  return permanently_limit_capabilities(permitted, needed_by_listener());
}

Result<Compartment> start_recorder(const DaemonOptions& options, const VerifierKey& log,
                                   const Accounts& accounts, const FilterSet& filters) {
  RecorderSettings settings;
  settings.directory = options.audit_dir;
  settings.retention = options.retention;
  settings.key = LogKey{options.log_key.key, log};
  return Compartment::start(recorder_profile(accounts), filters, {},
                            [&settings](const Inside& inside) {
                              return run_recorder(Channel(Fd(inside.parent)), settings);
                            });
}

/// Waits until the log is sound, and records that the helper serves.
Status begin_record(RecorderControl& control) {
  if (auto ready = control.await_ready(BootClock::now() + std::chrono::minutes(10)); !ready) {
    return ready;
  }
  Record record;
  record.kind = RecordKind::start;
  record.outcome = Outcome::done;
  record.message = "the helper serves";
  return control.record(stamped_now(record), BootClock::now() + std::chrono::minutes(1));
}

/// What the kernel's image tells; and a line for each certificate that vouches for nothing.
KernelFinds look_for_trust(const DaemonOptions& options, const Accounts& accounts,
                           const FilterSet& filters) {
  auto found = search_kernel_image(accounts, filters, BootClock::now() + std::chrono::minutes(1));
  if (!found)
    log_line("no module counts as signed by the kernel's own key: " + found.error().message);
  KernelFinds kernel = found ? std::move(*found) : KernelFinds();
  const Trust trust = read_trust(options.policy.signers, kernel.keys, std::time(nullptr));
  for (const std::string& problem : trust.problems) log_line(problem);
  return kernel;
}

/// Where the courier connects: systemd's socket, or one of our own where there is a courier.
Result<Fd> take_courier_socket(Supervisor& supervisor, const DaemonOptions& options,
                               const Accounts& accounts) {
  Fd socket = supervisor.take_courier_socket();
  if (!socket && accounts.courier.uid != static_cast<uid_t>(-1)) {
    auto made = make_courier_socket(options.courier_socket, accounts.courier.gid);
    if (!made) return made.error();
    socket = std::move(*made);
  }
  if (socket && ::fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0) {
    return Error{Outcome::unavailable, "the courier's listening socket is of no use", errno};
  }
  return socket;
}

Result<int> serve_with(const DaemonOptions& options) {
  const std::vector<char*> environment = environment_entries();
  auto supervisor = Supervisor::from_environment();
  if (!supervisor) return supervisor.error();
  if (auto left = leave_the_starter_behind(environment); !left) return left.error();
  if (::geteuid() != 0) {
    return Error{Outcome::unavailable, "modgated must be started as root; it drops what it can"};
  }
  auto accounts = find_accounts();
  if (!accounts) return accounts.error();
  if (auto prepared = prepare_log_directory(options.audit_dir, *accounts); !prepared) {
    return prepared.error();
  }
  if (auto made = make_log_key(options.log_key, accounts->audit); !made) {
    const bool is_sandbox = made.error().code == EROFS;
    return Error{
        made.error().outcome,
        made.error().message + (is_sandbox ? "; make it with: modgated --make-log-key" : "")};
  }
  auto log = read_log_verifier(options.log_key, accounts->audit);
  if (!log) return log.error();
  Fd socket = supervisor->take_socket();
  if (!socket) {
    auto made = make_listening_socket(options.socket);
    if (!made) return made.error();
    socket = std::move(*made);
  }
  auto courier_socket = take_courier_socket(*supervisor, options, *accounts);
  if (!courier_socket) return courier_socket.error();
  if (::fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0) {
    return Error{Outcome::unavailable, "the listening socket is of no use", errno};
  }
  // Everything that opens files lazily or costs time is done once, before the first fork.
  prepare_verification();
  auto filters = FilterSet::compile();
  if (!filters) return filters.error();

  // --- From here on: only the capabilities that children need, none of them effective. ---
  const std::vector<cap_value_t> of_recorder = recorder_profile(*accounts).keep;
  if (auto dropped = drop_to_listener(*accounts, of_recorder); !dropped) return dropped.error();
  if (auto installed = filters->install_floor(); !installed) return installed.error();

  auto recorder = start_recorder(options, *log, *accounts, *filters);
  if (!recorder) return recorder.error();
  if (auto dropped = drop_to_listener(*accounts, {}); !dropped) return dropped.error();
  RecorderControl control{Channel(recorder->release_channel())};
  if (auto recording = begin_record(control); !recording) {
    turn_away_waiting(socket, recording.error().message);
    return recording.error();
  }
  KernelFinds kernel = look_for_trust(options, *accounts, *filters);
  Listener listener({std::move(socket), std::move(*courier_socket), std::move(*supervisor), options,
                     *accounts, std::move(*filters),
                     PolicyKeeper(options.policy, options.pam_service), std::move(*recorder),
                     std::move(control), std::move(kernel)});
  return listener.run();
}

Result<int> make_the_log_key(const DaemonOptions& options) {
  auto audit = look_up_service_account("modgate-audit");
  if (!audit) return audit.error();
  if (auto made = make_log_key(options.log_key, {audit->uid, audit->gid}); !made) {
    return made.error();
  }
  return 0;
}

int run(int argc, char** argv) {
  if (!has_standard_descriptors()) return 1;
  auto command = parse_daemon_options(argc, argv);
  if (!command) {
    log_line(command.error().message);
    return 2;
  }
  if (!command->serve) {
    return std::fputs(command->text.c_str(), stdout) < 0 ? 1 : 0;
  }
  auto status = command->serve->make_log_key ? make_the_log_key(*command->serve)
                                             : serve_with(*command->serve);
  if (!status) {
    log_line(status.error().message);
    return 1;
  }
  return *status;
}

}  // namespace
}  // namespace modgate

int main(int argc, char** argv) {
  try {
    return modgate::run(argc, argv);
  } catch (const std::exception& failure) {
    modgate::log_line(failure.what());
  } catch (...) {
    modgate::log_line("an unknown error");
  }
  return 1;
}
