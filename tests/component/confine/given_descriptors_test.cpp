// SPDX-License-Identifier: Apache-2.0
// A compartment is made only with the descriptors that its profile names.
#include <string>

#include "catch.h"
#include "component/confine/house_of_a_test.h"
#include "gate/confine/compartment.h"

using namespace modgate;
using namespace modgate::sample;

namespace {

/// Nobody is confined: the descriptors are looked at before the fork, and what is forked dies at
/// once where this process may not confine it.
bool is_taken(const Profile& profile, const FilterSet& filters, const std::vector<int>& given) {
  auto compartment =
      Compartment::start(adapted(profile), filters, given, [](const Inside&) { return 0; });
  if (compartment) return true;
  CHECK(compartment.error().message ==
        "the " + profile.name + " is given other descriptors than its profile says");
  return false;
}

}  // namespace

TEST_CASE("a process is given what its profile names, and nothing else") {
  auto filters = FilterSet::compile();
  REQUIRE(filters);
  for (const Profile& profile : house_of_a_test()) {
    INFO(profile.name);
    const GivenByATest right(profile);
    CHECK(is_taken(profile, *filters, right.descriptors()));
    for (const Given kind : {Given::channel, Given::image}) {
      GivenByATest one_more(profile);
      one_more.add(kind);
      CHECK(is_taken(profile, *filters, one_more.descriptors()) ==
            (profile.then_any_number_of && *profile.then_any_number_of == kind));
    }
    for (std::size_t at = 0; at < profile.given.size(); ++at) {
      std::vector<int> one_less = right.descriptors();
      one_less.erase(one_less.begin() + static_cast<std::ptrdiff_t>(at));
      CHECK_FALSE(is_taken(profile, *filters, one_less));
      GivenByATest other(profile);
      other.add(profile.given[at] == Given::channel ? Given::image : Given::channel);
      std::vector<int> swapped = right.descriptors();
      swapped[at] = other.descriptors().back();
      CHECK(is_taken(profile, *filters, swapped) == (profile.given[at] == Given::anything));
      swapped[at] = -1;
      CHECK_FALSE(is_taken(profile, *filters, swapped));
    }
  }
}
