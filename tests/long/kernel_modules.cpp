// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>
#include <string>

#include "gate/module/inspect.h"
#include "gate/module/needed_symbols.h"
#include "module_images.h"

namespace fs = std::filesystem;
using namespace modgate;

namespace {

Result<ModuleFacts> look_at(int image, const std::string& name) {
  InspectOrder order;
  order.name = name;
  return facts_from(inspect(image, order), order);
}

/// Says why not, where a module is not what its file's name says, or could be something else.
bool examine(const fs::path& path) {
  const Fd image = test::image_of_module(path);
  const std::string name = name_of_file(path.native());
  auto facts = look_at(image.get(), name);
  if (!facts) {
    static_cast<void>(std::fprintf(stderr, "%s\n", facts.error().message.c_str()));
    return false;
  }
  if (look_at(image.get(), name + "_")) {
    static_cast<void>(std::fprintf(stderr, "%s goes by another name too\n", path.c_str()));
    return false;
  }
  if (!add_needs(needs_of(image.get()), *facts) || facts->needs_more) {
    static_cast<void>(std::fprintf(stderr, "%s: not all that it needs is told\n", path.c_str()));
    return false;
  }
  return std::printf("%s  %s\n", digest_hex(facts->sha256).c_str(), path.c_str()) > 0;
}

}  // namespace

/// Inspects every module of a kernel's tree as the helper does: long_kernel_modules TREE. For each
/// whose names agree (file, modinfo, this_module) it prints what sha256sum(1) would print of the
/// file unpacked; of any other it says on standard error what is wrong. 0 where there is none.
int main(int argc, char** argv) {
  try {
    if (argc != 2) return 2;
    prepare_verification();
    std::size_t sound = 0;
    const auto modules = test::modules_below(argv[1]);
    for (const fs::path& path : modules) sound += examine(path) ? 1U : 0U;
    return !modules.empty() && sound == modules.size() ? 0 : 1;
  } catch (const std::exception& failure) {
    static_cast<void>(std::fprintf(stderr, "kernel_modules: %s\n", failure.what()));
    return 1;
  }
}
