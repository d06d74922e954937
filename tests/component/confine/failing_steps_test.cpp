// SPDX-License-Identifier: Apache-2.0
// A compartment whose profile cannot be applied whole: each step of it made to fail, one after the
// other, and those that count made to do nothing behind the compartment's back.
#include <fcntl.h>
#include <grp.h>
#include <linux/securebits.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <string_view>

#include "catch.h"
#include "component/confine/house_of_a_test.h"
#include "component/confine/steps.h"
#include "gate/confine/compartment.h"
#include "gate/confine/die.h"

using namespace modgate;
using namespace modgate::sample;

namespace {

constexpr int kBodyRan = 7;

/// In place of the standard error, where the children tell why they died.
class Told {
 public:
  Told() : before_(::dup(STDERR_FILENO)), text_(::memfd_create("told", MFD_CLOEXEC)) {
    REQUIRE((before_ && text_));
    REQUIRE(::dup2(text_.get(), STDERR_FILENO) == STDERR_FILENO);
  }
  ~Told() { static_cast<void>(::dup2(before_.get(), STDERR_FILENO)); }
  Told(const Told&) = delete;
  Told& operator=(const Told&) = delete;

  /// Whether something was told since this was last asked.
  bool anything() {
    struct stat state = {};
    const bool grown = ::fstat(text_.get(), &state) == 0 && state.st_size > size_;
    size_ = state.st_size;
    return grown;
  }

 private:
  Fd before_;
  Fd text_;
  off_t size_ = 0;
};

/// Starts a compartment in which this becomes of that step.
Ending ending_with(const Profile& profile, const FilterSet& filters, int spoiled, Trick trick) {
  Steps& steps = steps_of_next_child();
  steps.spoiled = spoiled;
  steps.trick = trick;
  const GivenByATest given(profile);
  auto compartment =
      Compartment::start(profile, filters, given.descriptors(), [&steps](const Inside&) {
        steps.reached_the_body = true;
        return kBodyRan;
      });
  REQUIRE(compartment);
  return end_of(*compartment);
}

bool died_unconfined(const Ending& ending) {
  return ending.exited && ending.status == kConfinementFailed &&
         !steps_of_next_child().reached_the_body;
}

/// What a step that only pretends leaves behind is seen by the proof at the end. The others undo
/// nothing that is still there: a later step does the same, or finds that it cannot.
bool is_proven(const Steps& steps, const Profile& profile) {
  const std::string_view name = steps.name.data();
  const bool stays_root = profile.uid == 0;
  if (name == "prctl") {
    // Of a process whose uid changes the kernel takes the right to be dumped by itself.
    return steps.argument == PR_SET_NO_NEW_PRIVS || steps.argument == PR_SET_SECUREBITS ||
           (steps.argument == PR_SET_DUMPABLE && stays_root);
  }
  if (name == "setresgid" || name == "setresuid") return !stays_root;
  return name == "setgroups" || name == "cap_drop_bound" ||
         (name == "syscall" && steps.argument == SYS_seccomp);
}

/// A process that has more to give up than the test's own: two groups, and a signal that is
/// ignored.
void have_more_to_give_up() {
  const std::array<gid_t, 2> groups = {61011, 61012};
  REQUIRE(::setgroups(groups.size(), groups.data()) == 0);
  REQUIRE(::signal(SIGUSR1, SIG_IGN) != SIG_ERR);
}

Result<FilterSet> compiled() { return FilterSet::compile(); }

}  // namespace

TEST_CASE("a profile of which any step fails kills the process before it does anything") {
  if (!can_confine()) return;
  have_more_to_give_up();
  auto filters = compiled();
  REQUIRE(filters);
  std::size_t failed = 0;
  for (const Profile& of_the_house : house_of_a_test()) {
    const Profile profile = adapted(of_the_house);
    const Steps& steps = steps_of_next_child();
    const Ending undisturbed = ending_with(profile, *filters, 0, Trick::none);
    REQUIRE((undisturbed.exited && undisturbed.status == kBodyRan));
    const int all = steps.taken;
    Told told;
    for (int step = 1; step <= all; ++step) {
      const Ending ending = ending_with(profile, *filters, step, Trick::fails);
      INFO(profile.name << ", step " << step << " of " << all << ": " << steps.name.data() << ' '
                        << steps.argument);
      CHECK(died_unconfined(ending));
      // The filter is the last step, and it would forbid to turn the standard error away after it.
      const bool is_silent = steps.quiet_from != 0 && step > steps.quiet_from;
      CHECK(told.anything() == !is_silent);
      ++failed;
    }
  }
  CHECK(failed > 500);
}

TEST_CASE("a profile of which a step only pretends is found out") {
  if (!can_confine()) return;
  have_more_to_give_up();
  auto filters = compiled();
  REQUIRE(filters);
  const Steps& steps = steps_of_next_child();
  for (const Profile& of_the_house :
       {loader_profile(accounts_of_a_test()), authenticator_profile(accounts_of_a_test())}) {
    const Profile profile = adapted(of_the_house);
    static_cast<void>(ending_with(profile, *filters, 0, Trick::none));
    const int all = steps.taken;
    std::size_t found_out = 0;
    Told told;
    for (int step = 1; step <= all; ++step) {
      const Ending ending = ending_with(profile, *filters, step, Trick::pretends);
      if (!is_proven(steps, profile)) continue;
      INFO(profile.name << ", step " << step << " of " << all << ": " << steps.name.data() << ' '
                        << steps.argument);
      CHECK(died_unconfined(ending));
      ++found_out;
    }
    CHECK(found_out > 10);
  }
}

TEST_CASE("a listener of which any step fails does not serve") {
  if (!can_confine()) return;
  constexpr int kRefused = 3;
  Steps& steps = steps_of_next_child();
  const auto status_with = [&steps](int spoiled, Trick trick) {
    steps.spoiled = spoiled;
    steps.trick = trick;
    const pid_t child = ::fork();
    if (child == 0) {
      const auto limited =
          permanently_limit_capabilities({CAP_DAC_READ_SEARCH}, needed_by_listener());
      // Once more, with less, as after the recorder was given what only it needs.
      ::_exit(limited && permanently_limit_capabilities({}, needed_by_listener()) ? 0 : kRefused);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
  };
  REQUIRE(status_with(0, Trick::none) == 0);
  const int all = steps.taken;
  CHECK(all > 100);
  for (int step = 1; step <= all; ++step) {
    const int status = status_with(step, Trick::fails);
    INFO("step " << step << " of " << all << ": " << steps.name.data() << ' ' << steps.argument);
    CHECK(status == kRefused);
  }
}

TEST_CASE("a process to which root comes back dies") {
  if (!can_confine()) return;
  auto filters = compiled();
  REQUIRE(filters);
  Told told;
  steps_of_next_child().root_came_back = true;
  const Ending ending =
      ending_with(adapted(front_profile(accounts_of_a_test())), *filters, 0, Trick::none);
  steps_of_next_child().root_came_back = false;
  CHECK(died_unconfined(ending));
  CHECK(told.anything());
}
