// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/loader_process.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "gate/daemon/recorder_link.h"

namespace modgate {
namespace {

Deadline loading_deadline() {
  return BootClock::now() + std::chrono::seconds(Limits::request_seconds);
}

Status tell(Channel& session, const FromLoader& message) {
  return session.send({reinterpret_cast<const char*>(&message), sizeof message},
                      loading_deadline());
}

void say(FromLoader& message, const std::string& text) {
  std::memcpy(message.message, text.data(), std::min(text.size(), sizeof message.message - 1));
}

/// The recorder's word that the intent is on disk, with the digests that it holds.
Result<Receipt> await_receipt(Channel& recorder, const LoadOrder& order) {
  auto message = recorder.receive(kReceiptBytes, 0, loading_deadline());
  if (!message) return message.error();
  if (!*message) return Error{Outcome::unavailable, "the recorder is gone"};
  auto receipt = decode_receipt((*message)->bytes);
  const std::size_t expected = order.action == Action::load ? order.modules.size() : 0;
  if (receipt && receipt->digests.size() != expected) {
    return Error{Outcome::unavailable, "the intent on disk is not for these modules"};
  }
  return receipt;
}

/// Takes back what this loader inserted, newest first.
void undo(ModuleKernel& kernel, const LoadOrder& order, FromLoader& answer, std::size_t upto) {
  for (std::size_t at = upto; at-- > 0;) {
    if (answer.modules[at].step != Step::done) continue;
    const int code = kernel.remove(order.modules[at].name);
    if (code == 0) {
      answer.modules[at].step = Step::undone;
    } else {
      answer.modules[at].code = code;
    }
  }
}

void load(ModuleKernel& kernel, const LoadOrder& order, const std::vector<int>& images,
          const Receipt& receipt, FromLoader& answer) {
  for (std::size_t at = 0; at < order.modules.size(); ++at) {
    const LoadOrder::Module& module = order.modules[at];
    int code = module.replaces ? kernel.remove(module.name) : 0;
    // Gone meanwhile is as good as removed.
    if (code == 0 || code == ENOENT) {
      code = kernel.insert(images.at(module.image), module.from_file, receipt.digests[at],
                           module.parameters);
    }
    answer.modules[at].code = code;
    if (code == EEXIST && !module.only_these_bytes) {
      // Somebody else was faster; it is there, as modprobe sees it too.
      answer.modules[at].step = Step::skipped;
      continue;
    }
    answer.modules[at].step = code == 0 ? Step::done : Step::failed;
    if (code != 0 && !module.may_fail) return undo(kernel, order, answer, at);
  }
}

void unload(ModuleKernel& kernel, const LoadOrder& order, FromLoader& answer) {
  for (std::size_t at = 0; at < order.modules.size(); ++at) {
    const int code = kernel.remove(order.modules[at].name);
    answer.modules[at].code = code;
    answer.modules[at].step = code == 0 ? Step::done : Step::failed;
    if (code != 0) return;
  }
}

}  // namespace

int run_loader(ModuleKernel& kernel, const LoadOrder& order, const std::vector<int>& images,
               Channel session, Channel recorder) {
  FromLoader answer;
  if (order.modules.size() > answer.modules.size()) return 1;
  auto receipt = await_receipt(recorder, order);
  if (!receipt) {
    say(answer, receipt.error().message);
    return tell(session, answer) ? 0 : 1;
  }
  answer.kind = FromLoader::Kind::begun;
  if (!tell(session, answer)) return 1;

  // From here on the kernel decides how long it takes; dying half way would only lose the answer.
  static_cast<void>(::alarm(0));
  answer.count = static_cast<std::uint32_t>(order.modules.size());
  if (order.action == Action::load) {
    load(kernel, order, images, *receipt, answer);
  } else {
    unload(kernel, order, answer);
  }
  answer.kind = FromLoader::Kind::finished;
  return tell(session, answer) ? 0 : 1;
}

}  // namespace modgate
