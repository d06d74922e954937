// SPDX-License-Identifier: Apache-2.0
#include "gate/confine/filters.h"

#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "gate/confine/filter_rules.h"
#include "modgate/handle.h"

namespace modgate {
namespace {

struct ReleaseContext {
  void operator()(void* context) const noexcept { ::seccomp_release(context); }
};
using FilterContext = std::unique_ptr<void, ReleaseContext>;

/// libseccomp returns a negative errno.
Error failed(const char* call, int result) {
  return {Outcome::unavailable, std::string("system call filter: ") + call, -result};
}

Result<std::vector<sock_filter>> read_program(int file) {
  // One more than the kernel takes, so that a longer program shows.
  std::vector<sock_filter> program(BPF_MAXINSNS + 1);
  const ssize_t got = ::pread(file, program.data(), program.size() * sizeof(sock_filter), 0);
  if (got < 0) return failed("pread()", -errno);
  const auto size = static_cast<std::size_t>(got);
  if (size == 0 || size % sizeof(sock_filter) != 0 || size > BPF_MAXINSNS * sizeof(sock_filter)) {
    return failed("exported program", -E2BIG);
  }
  program.resize(size / sizeof(sock_filter));
  return program;
}

Result<std::vector<sock_filter>> compile_one(const FilterRules& filter) {
  const FilterContext context(::seccomp_init(filter.otherwise));
  if (context == nullptr) return failed("seccomp_init()", -ENOMEM);
  // Calls of another architecture (i386, x32) have other numbers: none of them is meant here.
  if (const int result =
          ::seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
      result != 0) {
    return failed("seccomp_attr_set()", result);
  }
  // A tree in place of a list: the kernel tries every call there is when it takes a filter.
  if (const int result = ::seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
      result != 0) {
    return failed("seccomp_attr_set()", result);
  }
  for (const FilterRule& rule : filter.rules) {
    const int result =
        ::seccomp_rule_add_array(context.get(), rule.action, rule.call,
                                 static_cast<unsigned>(rule.when.size()), rule.when.data());
    if (result != 0) return failed("seccomp_rule_add()", result);
  }
  const Fd file(::memfd_create("modgate:filter", MFD_CLOEXEC));
  if (!file) return failed("memfd_create()", -errno);
  if (const int result = ::seccomp_export_bpf(context.get(), file.get()); result != 0) {
    return failed("seccomp_export_bpf()", result);
  }
  return read_program(file.get());
}

}  // namespace

Result<FilterSet> FilterSet::compile() {
  FilterSet set;
  for (std::size_t at = 0; at < set.programs_.size(); ++at) {
    auto program = compile_one(rules_of(static_cast<Filter>(at)));
    if (!program) return program.error();
    set.programs_.at(at) = std::move(*program);
  }
  return set;
}

const std::vector<sock_filter>& FilterSet::program(Filter filter) const {
  return programs_.at(static_cast<std::size_t>(filter));
}

Status FilterSet::install_floor() {
  if (auto installed = install_filter(program(Filter::floor)); !installed) return installed;
  floor_is_inherited_ = true;
  return Done{};
}

const std::vector<sock_filter>* FilterSet::to_install(Filter filter) const {
  return filter == Filter::floor && floor_is_inherited_ ? nullptr : &program(filter);
}

Status install_filter(const std::vector<sock_filter>& program) {
  if (program.empty() || program.size() > BPF_MAXINSNS) return failed("program", -EINVAL);
  sock_fprog handed{};
  handed.len = static_cast<unsigned short>(program.size());
  // The kernel only reads it; the type is older than const.
  handed.filter = const_cast<sock_filter*>(program.data());
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &handed) != 0) {
    return failed("seccomp(SECCOMP_SET_MODE_FILTER)", -errno);
  }
  return Done{};
}

}  // namespace modgate
