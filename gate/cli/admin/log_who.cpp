// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "gate/audit/origin.h"
#include "gate/cli/admin/commands.h"
#include "gate/cli/admin/event_source.h"
#include "gate/cli/admin/module_now.h"
#include "gate/module/kernel_view.h"
#include "gate/wire/request_codec.h"

namespace modgate {
namespace {

std::string canonical(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

int log_who(const CommandLine& line) {
  Output output(line.json);
  if (line.words.size() != 1 || !is_module_name(line.words.front())) {
    return output.refuse(Error{Outcome::usage, "log who takes the name of one module"});
  }
  const std::string name = canonical(line.words.front());
  auto origin = read_origin();
  if (!origin) return output.refuse(origin.error());
  ReviewOptions options;
  options.query.module = name;
  auto source = EventSource::open(line, std::move(options), {}, output);
  if (!source) return output.refuse(source.error());
  LoadHistory history(name, origin->boot_id);
  auto read = source->read([&](std::string_view, EventView& event) -> Status {
    if (const auto stored = event.stored()) history.add(*stored);
    return Done{};
  });
  if (!read) return output.refuse(read.error());
  // Asked last: what was loaded meanwhile is in the log before it is in the kernel.
  const auto instance = module_instance(name);
  const bool own = source->review() == nullptr;
  auto shown = output.line(line.json ? who_json(name, instance, history)
                                     : who_text(name, instance, history, own));
  if (!shown) return output.refuse(shown.error());
  return instance ? 0 : 1;
}

}  // namespace

Command log_who_command() {
  return {"log who",
          "MODULE",
          "Who has a module loaded, since when and under which rule, and whether the file on disk "
          "is still\n"
          "the one that was loaded. Exit status 1 where it is not loaded.\n\n"
          "  modgate log who vxlan",
          false,
          {},
          log_who};
}

}  // namespace modgate
