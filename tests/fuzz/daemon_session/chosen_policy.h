// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <array>
#include <string>

namespace modgate {

/// The names that a chosen policy and the plans under it are about.
inline constexpr std::array<const char*, 5> kChosenModules = {"dummy", "veth", "vxlan", "mydrv",
                                                              "usb_storage"};

/// One of what may stand in a place of the policy.
template <std::size_t N>
std::string chosen_of(FuzzedDataProvider& bytes, const std::array<const char*, N>& words) {
  return words[bytes.ConsumeIntegralInRange<std::size_t>(0, N - 1)];
}

/// Mostly one that allows something: a request that is refused early shows little.
inline std::string chosen_rule(FuzzedDataProvider& bytes, const std::string& role) {
  const bool allow = bytes.ConsumeIntegralInRange(0, 7) != 7;
  std::string text = allow                 ? "[[role." + role + ".allow]]\n"
                     : bytes.ConsumeBool() ? "[[role." + role + ".deny]]\n"
                                           : "[[deny]]\n";
  const bool from_tree = bytes.ConsumeIntegralInRange(0, 7) == 7;
  text += from_tree ? R"(tree = ["kernel/**"])"
                    : chosen_of<6>(bytes, {R"(modules = ["*"])", R"(modules = ["*"])",
                                           R"(modules = ["dummy", "mydrv"])", R"(modules = ["v*"])",
                                           R"(modules = ["v*", "mydrv"])",
                                           R"(modules = ["usb-storage", "mydrv"])"});
  text += '\n';
  text +=
      chosen_of<5>(bytes, {R"(actions = ["load", "unload"])", R"(actions = ["load", "unload"])", "",
                           R"(actions = ["unload"])", R"(actions = ["load", "unload-own"])"});
  text += '\n';
  text += chosen_of<6>(bytes, {"", "", "", R"(hosts = ["lab-*"])", "expires = 2027-01-31",
                               R"(hours = ["Mon-Fri 08:00-18:00"])"});
  text += '\n';
  const std::string pin = chosen_of<6>(
      bytes, {"", "", "", "",
              R"(sha256 = ["abababababababababababababababababababababababababababababababab"])",
              R"(signer = ["lab"])"});
  text += pin + '\n';
  if (!allow) return text + chosen_of<2>(bytes, {"", R"(imports = ["register_kprobe"])"}) + '\n';
  if (!from_tree && bytes.ConsumeBool()) {
    text += pin.empty() ? "source = \"file\"\nunpinned = true\n" : "source = \"file\"\n";
  }
  text += chosen_of<3>(bytes, {"", "authenticate = false", "authenticate = true"});
  text += '\n';
  text += chosen_of<2>(bytes, {"", R"(pam_service = "strict")"});
  text += '\n';
  text += chosen_of<5>(bytes, {"", "", "", "reason = true", R"(reason = "[A-Z]+-[0-9]+")"});
  text += '\n';
  text += chosen_of<4>(bytes, {"", "", "", R"(anchor = "before-load")"});
  text += '\n';
  text += chosen_of<4>(
      bytes, {"", "", "params.dummy.count = { int = [0, 64] }", "params.mydrv = \"none\""});
  return text + '\n';
}

/// A policy that says much in few words. It may have errors, as any policy.
inline std::string chosen_policy(FuzzedDataProvider& bytes) {
  std::string text = "[defaults]\n";
  text += chosen_of<5>(bytes, {"", "", "", "authenticate = false", "reason = true"});
  text += '\n';
  text += chosen_of<2>(bytes, {"", R"(dependencies = "listed")"});
  text += R"(
[[witness]]
name = "audit.example.org/w1"
url = "https://audit.example.org/w1"
key = "audit.example.org/w1+2f48c01d+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
)";
  for (const std::string role : {"one", "two"}) {
    text += "[role." + role + "]\n";
    text += chosen_of<4>(bytes, {R"(members = ["alice"])", R"(members = ["#1000"])",
                                 R"(members = ["%netdev"])", R"(members = ["bob"])"});
    text += '\n';
    for (int rules = bytes.ConsumeIntegralInRange(1, 2); rules > 0; --rules) {
      text += chosen_rule(bytes, role);
    }
  }
  return text;
}

}  // namespace modgate
