// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "gate/daemon/load_order.h"
#include "gate/daemon/loader_process.h"
#include "gate/daemon/session_world.h"
#include "gate/daemon/waiting.h"
#include "gate/module/kernel_view.h"

namespace modgate {
namespace {

std::vector<std::string> names_now() {
  std::vector<std::string> names;
  if (auto modules = loaded_modules()) {
    for (const LoadedModule& module : *modules) names.push_back(module.name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool is_planned(const Plan& plan, const std::string& name) {
  return std::any_of(plan.modules.begin(), plan.modules.end(),
                     [&](const PlannedModule& module) { return module.name == name; });
}

std::vector<std::string> appeared_since(const std::vector<std::string>& before, const Plan& plan) {
  std::vector<std::string> appeared;
  for (const std::string& name : names_now()) {
    if (!std::binary_search(before.begin(), before.end(), name) && !is_planned(plan, name)) {
      appeared.push_back(name);
    }
  }
  return appeared;
}

/// What is to be seen where the loader died before it could tell.
KernelAnswer observe(const Plan& plan, const std::vector<std::string>& before) {
  KernelAnswer answer;
  const std::vector<std::string> now = names_now();
  std::string there;
  for (const PlannedModule& module : plan.modules) {
    KernelAnswer::Module entry;
    if (is_asked_of_kernel(plan, module)) {
      const bool was = std::binary_search(before.begin(), before.end(), module.name);
      const bool is = std::binary_search(now.begin(), now.end(), module.name);
      entry.step = was != is ? Step::done : Step::failed;
      if (plan.action == Action::load && is && !was) there += ' ' + module.name;
    }
    answer.modules.push_back(entry);
  }
  answer.trouble = "the loader died before it could tell what the kernel said";
  if (!there.empty()) answer.trouble += "; loaded all the same:" + there;
  return answer;
}

}  // namespace

Result<KernelAnswer> SessionWorld::await_loader(Compartment& loader, const Plan& plan,
                                                const std::vector<std::string>& before,
                                                const std::function<void()>& slow) {
  Channel channel(loader.release_channel());
  FromLoader word;
  const auto hear = [&](Deadline deadline) -> Result<bool> {
    auto message = channel.receive(sizeof word, 0, deadline);
    if (!message || !*message || (*message)->bytes.size() != sizeof word) return false;
    std::memcpy(&word, (*message)->bytes.data(), sizeof word);
    word.message[sizeof word.message - 1] = '\0';
    return true;
  };

  auto heard = hear(recording_time());
  if (!heard) return heard.error();
  if (!*heard) {
    child_crashed_ = true;
    // It is not known whether the intent is on disk: the receipt still lies in the channel if so.
    if (auto intent = ends_.recorder.await_receipt(recording_time()); !intent) {
      return intent.error();
    }
    return observe(plan, before);
  }
  if (word.kind == FromLoader::Kind::refused) return Error{Outcome::unavailable, word.message};

  const auto began = BootClock::now();
  auto ready = wait_for_any({channel.get()}, setup_.deadline);
  if (!ready) return ready.error();
  if (*ready == -1) {
    slow();
    // A module's init that never returns cannot be killed; its outcome is written when it comes.
    ready = wait_for_any({channel.get()}, Deadline::max());
    if (!ready) return ready.error();
  }
  heard = hear(recording_time());
  if (!heard) return heard.error();
  if (!*heard || word.kind != FromLoader::Kind::finished) {
    child_crashed_ = true;
    return observe(plan, before);
  }
  KernelAnswer answer = kernel_answer_for(plan, word);
  answer.duration_us =
      std::chrono::duration_cast<std::chrono::microseconds>(BootClock::now() - began).count();
  if (plan.action == Action::load) answer.appeared = appeared_since(before, plan);
  return answer;
}

/// Modules that this request loaded and took back count as loaded: they were when the kernel
/// looked.
void SessionWorld::look_for_unknown_symbols(const Plan& plan, KernelAnswer& answer) const {
  SymbolSources sources = symbol_sources();
  for (std::size_t at = 0; at < plan.modules.size(); ++at) {
    KernelAnswer::Module& module = answer.modules[at];
    if (module.step != Step::failed) {
      sources.also_loaded.push_back(plan.modules[at].name);
    } else if (module.code == ENOENT) {
      module.lacks = unknown_symbols_of(plan.modules[at], sources);
    }
  }
}

Result<KernelAnswer> SessionWorld::carry_out(const Plan& plan, const Record& intent,
                                             const std::function<void()>& slow) {
  if (is_about_another()) {
    return Error{Outcome::unavailable, "nothing is done in the name of somebody else"};
  }
  auto kernel = KernelModules::open();
  if (!kernel) return kernel.error();
  const LoadOrder order = load_order_for(plan);
  if (order.modules.empty() || order.modules.size() > Limits::plan_modules ||
      (plan.action == Action::load && order.modules.size() != images_.size())) {
    return Error{Outcome::unavailable, "the plan does not fit what was inspected"};
  }
  std::vector<int> given = {ends_.recorder.descriptor()};
  for (const Fd& image : images_) given.push_back(image.get());

  // The loader drops its privileges while the intent is being written, and waits for the receipt.
  auto loader = Compartment::start(
      loader_profile(setup_.accounts), filters_, given, [&](const Inside& inside) {
        const std::vector<int> images(inside.given.begin() + 1, inside.given.end());
        return run_loader(*kernel, order, images, Channel(Fd(inside.parent)),
                          Channel(Fd(inside.given.at(0))));
      });
  if (!loader) return loader.error();
  // It waits for the receipt: what is there now was there before.
  const auto taint_before = kernel_taint();
  const std::vector<std::string> before = names_now();
  if (auto posted = ends_.recorder.post(stamped_now(intent), recording_time()); !posted) {
    return posted.error();
  }
  record_id_ = setup_.record_id;
  auto answer = await_loader(*loader, plan, before, slow);
  retired_.push_back(std::move(*loader));
  if (!answer) return answer;
  answer->taint_before = taint_before;
  answer->taint_after = kernel_taint();
  if (plan.action == Action::load) look_for_unknown_symbols(plan, *answer);
  for (std::size_t at = 0; at < plan.modules.size(); ++at) {
    if (plan.action == Action::load && answer->modules[at].step == Step::done) {
      answer->modules[at].instance = module_instance(plan.modules[at].name).value_or(0);
    }
  }
  return answer;
}

}  // namespace modgate
