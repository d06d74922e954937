// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libkmod.h>

#include <string>
#include <vector>

#include "modgate/handle.h"
#include "modgate/plan.h"
#include "modgate/result.h"

namespace modgate {

using KmodContext = CHandle<kmod_ctx, kmod_unref>;
using KmodModule = CHandle<kmod_module, kmod_module_unref>;
using KmodList = CHandle<kmod_list, kmod_module_unref_list>;

/// A context for one tree. `config` is a directory of modprobe.d files; empty: libkmod's own. It
/// says nothing on standard error once it stands.
Result<KmodContext> open_kmod(const std::string& tree, const std::string& config);

/// From here on libkmod writes nothing to standard error.
void silence(kmod_ctx* context);

/// What `asked` stands for: modules by modprobe.d aliases, by name, by the tree's aliases, in
/// libkmod's order. Empty where nothing answers to it.
std::vector<KmodModule> look_up(kmod_ctx* context, const std::string& asked);

/// The modules of a list, each with its own reference.
std::vector<KmodModule> modules_of(const kmod_list* list);

/// `path` below `tree`, without ".ko" and the compression's ending; empty where it does not lie
/// there. With "/lib/modules/R": "/lib/modules/R/kernel/net/tun.ko.xz" is "kernel/net/tun".
std::string place_of(const std::string& tree, const std::string& path);

/// A string of libkmod, which says NULL for nothing.
inline std::string text_or_empty(const char* text) {
  return text == nullptr ? std::string() : text;
}

}  // namespace modgate
