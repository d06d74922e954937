// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/queries.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "gate/answers.h"
#include "gate/confine/compartment.h"
#include "gate/daemon/log_reader.h"
#include "gate/daemon/waiting.h"

namespace modgate {
namespace {

/// Longest stored event that is passed on.
constexpr std::size_t kLineBytes = std::size_t{192} * 1024;

std::string canonical(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

bool is_wanted(const Request& request, const std::string& name) {
  return request.modules.empty() ||
         std::any_of(request.modules.begin(), request.modules.end(),
                     [&](const std::string& wanted) { return canonical(wanted) == name; });
}

const GateLoad* find_load(const std::vector<GateLoad>& loads, const std::string& name) {
  const auto found = std::find_if(loads.begin(), loads.end(),
                                  [&](const GateLoad& load) { return load.name == name; });
  return found == loads.end() ? nullptr : &*found;
}

int run_reader(const Inside& inside, const std::string& directory, const LogQuery& query,
               const std::string& only_uid) {
  // Opened here: only the reader's group may enter the directory.
  const Fd log(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!log) return 1;
  return run_log_reader(log.get(), query, only_uid, Channel(Fd(inside.parent)));
}

}  // namespace

void answer_status(SessionWorld& world, const Request& request) {
  auto modules = loaded_modules();
  if (!modules) return world.end(modules.error());
  auto loads = world.live_gate_loads();
  if (!loads) return world.end(loads.error());
  bool found = request.modules.empty();
  for (const LoadedModule& module : *modules) {
    if (!is_wanted(request, module.name)) continue;
    found = true;
    const GateLoad* load = find_load(*loads, module.name);
    const bool whole = world.setup().may_read_whole_log ||
                       (load != nullptr && load->uid == world.caller().peer.uid);
    world.line(status_answer(module, load, whole));
  }
  if (!found) {
    return world.end({Outcome::failed, "not loaded: " + request.modules.front()});
  }
  world.end_done();
}

void answer_sign_off(SessionWorld& world, const Request& request) {
  Record record;
  record.kind = RecordKind::sign_off;
  record.outcome = Outcome::done;
  record.user = world.caller().user;
  record.groups = world.caller().groups;
  record.reason = request.reason.value_or("");
  record.up_to = request.up_to;
  record.up_to_line = request.up_to_line;
  record.message = record.user + " has read the log up to #" + std::to_string(request.up_to);
  const Status signed_off =
      world.setup().may_read_whole_log
          ? world.record(record)
          : Status(Error{Outcome::denied,
                         "only root and members of modgate-audit may sign off the log"});
  if (!signed_off) {
    record.outcome = signed_off.error().outcome;
    record.message = record.user + " did not sign off the log: " + signed_off.error().message;
    // It is refused, whether that can be recorded or not.
    static_cast<void>(static_cast<bool>(world.record(record)));
    return world.end(signed_off.error());
  }
  world.line(sign_off_answer(record, world.record_id()));
  world.end_done();
}

void answer_log(SessionWorld& world, const Request& request) {
  const std::string only_uid =
      world.setup().may_read_whole_log ? "" : std::to_string(world.caller().peer.uid);
  auto reader = Compartment::start(
      reader_profile(world.setup().accounts), world.filters(), {}, [&](const Inside& inside) {
        return run_reader(inside, world.setup().audit_dir, request.log, only_uid);
      });
  if (!reader) return world.end(reader.error());
  Channel lines(reader->release_channel());
  const Deadline until = request.log.follow ? Deadline::max() : world.setup().deadline;
  while (true) {
    auto ready = wait_for_any(
        {lines.get(), world.ends().front.get(), world.ends().listener.descriptor()}, until);
    if (!ready) return world.end(ready.error());
    if (*ready == -1) return world.end({Outcome::unavailable, "the query took too long"});
    if (*ready != 0) return;
    auto line = lines.receive(kLineBytes, 0, until);
    if (!line) return world.end(line.error());
    if (!*line) break;
    world.line((*line)->bytes);
  }
  auto ready = wait_for_any({reader->pidfd()}, world.setup().deadline);
  auto ending = reader->reap();
  if (!ready || !ending || !ending->exited || ending->status != 0) {
    return world.end({Outcome::unavailable, "the audit log could not be read to its end"});
  }
  world.end_done();
}

}  // namespace modgate
