// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string_view>

#include "examiner_lies.h"
#include "gate/confine/house.h"
#include "gate/module/inspect.h"
#include "gate/module/mapped_image.h"
#include "vm/faults/probe.h"

/// What the linker puts in place of two functions of the house (--wrap), and those functions.
modgate::InspectAnswer inspect_or_fail(int image, const modgate::InspectOrder& order) noexcept
    asm("__wrap__ZN7modgate7inspectEiRKNS_12InspectOrderE");
modgate::InspectAnswer inspect_in_earnest(int image, const modgate::InspectOrder& order) noexcept
    asm("__real__ZN7modgate7inspectEiRKNS_12InspectOrderE");
modgate::Profile profile_of_the_impatient(const modgate::Accounts& accounts) asm(
    "__wrap__ZN7modgate17inspector_profileERKNS_8AccountsE");
modgate::Profile profile_in_earnest(const modgate::Accounts& accounts) asm(
    "__real__ZN7modgate17inspector_profileERKNS_8AccountsE");

namespace {

/// How an inspector of this helper may be made to fail by the module that it looks at.
enum class Fault { none, crash, abort, spin, sleep, disarm };

Fault fault_in(int image) {
  constexpr std::string_view kMarker = "modgate-test-fault=";
  const auto mapped = modgate::MappedImage::map(image);
  if (!mapped) return Fault::none;
  const std::string_view bytes(reinterpret_cast<const char*>(mapped->bytes().data()),
                               mapped->bytes().size());
  const std::size_t at = bytes.find(kMarker);
  if (at == std::string_view::npos) return Fault::none;
  const std::string_view fault = bytes.substr(at + kMarker.size());
  if (fault.starts_with("crash")) return Fault::crash;
  if (fault.starts_with("abort")) return Fault::abort;
  if (fault.starts_with("spin")) return Fault::spin;
  if (fault.starts_with("sleep")) return Fault::sleep;
  if (fault.starts_with("disarm")) return Fault::disarm;
  return Fault::none;
}

/// SIGSEGV. Without a page of its own the compiler would see through it.
[[noreturn]] void write_where_nothing_may() {
  void* page = ::mmap(nullptr, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *static_cast<volatile char*>(page) = 0;
  std::abort();
}

[[noreturn]] void spin() {
  for (;;) asm volatile("");
}

[[noreturn]] void sleep_for_ever() {
  for (;;) static_cast<void>(::poll(nullptr, 0, -1));
}

}  // namespace

modgate::InspectAnswer inspect_or_fail(int image, const modgate::InspectOrder& order) noexcept {
  modgate::sample::at_most_privileged_moment("inspector");
  switch (fault_in(image)) {
    case Fault::none:
      break;
    case Fault::crash:
      write_where_nothing_may();
    case Fault::abort:
      std::abort();
    case Fault::spin:
      spin();
    case Fault::sleep:
      sleep_for_ever();
    case Fault::disarm:
      // Whoever has taken over an inspector would like to have more time.
      static_cast<void>(::alarm(0));
      spin();
  }
  return lie_about(image, order, inspect_in_earnest(image, order));
}

/// The same profile with a deadline that a test can wait for.
modgate::Profile profile_of_the_impatient(const modgate::Accounts& accounts) {
  modgate::Profile profile = profile_in_earnest(accounts);
  profile.deadline = std::chrono::seconds(20);
  return profile;
}
