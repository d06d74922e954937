// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/load_order.h"

#include "gate/daemon/loader_process.h"
#include "gate/pipeline.h"

namespace modgate {

bool is_asked_of_kernel(const Plan& plan, const PlannedModule& module) {
  return plan.action == Action::unload || module.state == ModuleState::fresh;
}

LoadOrder load_order_for(const Plan& plan) {
  LoadOrder order;
  order.action = plan.action;
  for (const PlannedModule& module : plan.modules) {
    if (!is_asked_of_kernel(plan, module)) continue;
    order.modules.push_back({module.name, module.kernel_parameters(), module.why == Why::soft,
                             module.handed_over, module.from_file, module.replaces,
                             order.modules.size()});
  }
  return order;
}

KernelAnswer kernel_answer_for(const Plan& plan, const FromLoader& word) {
  KernelAnswer answer;
  std::size_t at = 0;
  for (const PlannedModule& module : plan.modules) {
    KernelAnswer::Module entry;
    if (is_asked_of_kernel(plan, module) && at < word.count && at < word.modules.size()) {
      entry.step = word.modules[at].step;
      entry.code = word.modules[at].code;
      ++at;
    }
    answer.modules.push_back(entry);
  }
  return answer;
}

}  // namespace modgate
