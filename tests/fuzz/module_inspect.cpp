// SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "gate/module/inspect.h"
#include "gate/module/needed_symbols.h"
#include "modgate/handle.h"

/// Any bytes as a module's image: the answer is sound and whole, or says why not.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const modgate::Fd image(::memfd_create("fuzz", MFD_CLOEXEC));
  if (::write(image.get(), data, size) != static_cast<ssize_t>(size)) return 0;
  modgate::InspectOrder order;
  order.name = "gate_test";
  order.parameters = {"mode", "label", "other"};
  order.symbols = {"printk", "register_kprobe", ""};
  const modgate::InspectAnswer answer = modgate::inspect(image.get(), order);
  const auto facts = modgate::facts_from(answer, order);
  if (facts && answer.sound != 1) std::abort();
  // What is sound is refused only for what it says it needs, which may be no names.
  if (!facts && answer.sound == 1 && answer.depends[0] == '\0') std::abort();
  if (facts && (facts->size != size || facts->declared.size() != 3)) std::abort();
  if (answer.sound != 1 && answer.complaint[0] == '\0') std::abort();
  modgate::ModuleFacts needs;
  if (!modgate::add_needs(modgate::needs_of(image.get()), needs)) std::abort();
  for (const modgate::NeededSymbol& symbol : needs.needs) {
    if (symbol.name.empty()) std::abort();
  }
  return 0;
}
