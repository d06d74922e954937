// SPDX-License-Identifier: Apache-2.0
// How long the engine takes for one decision, and how much memory its policy keeps.
//
//     policy_decide FILE USER MODULE [MODULE…]
//
// Parses FILE, decides on a load of each module for USER in turn, and prints one line of JSON with
// medians. Without USER it parses and checks only, as `visudo -c` does.
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "gate/policy/decide.h"
#include "gate/policy/parse.h"

using namespace modgate;

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRounds = 20000;

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

PolicyFile read(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) throw std::invalid_argument(path + ": cannot be read");
  PolicyFile source = {path, std::string(static_cast<std::size_t>(file.tellg()), '\0')};
  file.seekg(0);
  file.read(source.text.data(), static_cast<std::streamsize>(source.text.size()));
  return source;
}

/// Private memory of this process in KiB, as the kernel counts it.
long private_kib() {
  std::ifstream rollup("/proc/self/smaps_rollup");
  long sum = 0;
  std::string word;
  while (rollup >> word) {
    if (!word.starts_with("Private_")) continue;
    long kib = 0;
    rollup >> kib;
    sum += kib;
  }
  return sum;
}

Plan load_of(const std::string& name) {
  PlannedModule module;
  module.name = name;
  module.path = "/lib/modules/R/kernel/drivers/net/" + name + ".ko";
  module.place = "kernel/drivers/net/" + name;
  Plan plan;
  plan.asked = name;
  plan.modules.push_back(std::move(module));
  return plan;
}

struct Times {
  std::vector<double> allow_ns;
  std::vector<double> deny_ns;
};

/// Every decision on its own; those that allow and those that deny apart.
Times time_decisions(const Policy& policy, const Caller& caller, const std::vector<Plan>& plans) {
  const Circumstances noon;
  Times times;
  for (int round = 0; round < kRounds; ++round) {
    for (const Plan& plan : plans) {
      const auto began = Clock::now();
      const Decision decision = decide(policy, caller, plan, noon);
      const double took = seconds_since(began) * 1e9;
      (is_allowed(decision.verdict) ? times.allow_ns : times.deny_ns).push_back(took);
    }
  }
  return times;
}

/// What other processes do meanwhile must not count.
double median(std::vector<double>& times) {
  if (times.empty()) return 0;
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty()) {
    std::cerr << "usage: policy_decide FILE [USER MODULE...]\n";
    return 2;
  }
  const long before_kib = private_kib();
  const auto began = Clock::now();
  ParsedPolicy parsed = parse_policy({read(words[0])});
  const double parse_seconds = seconds_since(began);
  for (const Problem& problem : parsed.problems) std::cerr << problem.text() << '\n';
  if (!parsed.policy) return 1;
  static_cast<void>(malloc_trim(0));  // whether there was something to give back does not matter
  const long own_kib = private_kib();

  Times times;
  if (words.size() > 2) {
    Caller caller;
    caller.user = words[1];
    caller.peer.uid = 1000;
    caller.groups = {{1000, caller.user}, {27, "sudo"}, {100, "users"}};
    std::vector<Plan> plans;
    for (const std::string& name : std::span(words).subspan(2)) plans.push_back(load_of(name));
    times = time_decisions(*parsed.policy, caller, plans);
  }
  std::cout << "{\"rules\": " << parsed.policy->rules().size()
            << ", \"parse_seconds\": " << parse_seconds
            << ", \"policy_kib\": " << own_kib - before_kib << ", \"private_kib\": " << own_kib
            << ", \"allow_ns\": " << median(times.allow_ns)
            << ", \"deny_ns\": " << median(times.deny_ns)
            << ", \"allowed\": " << times.allow_ns.size()
            << ", \"denied\": " << times.deny_ns.size() << "}\n";
  return 0;
}
