// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "gate/daemon/authenticator.h"
#include "gate/wire/channel.h"
#include "gate/wire/reply.h"
#include "gate/wire/request_codec.h"

/// What the linker puts in place of a function that in the helper only the front calls (--wrap),
/// and that function.
std::string encode_as_taken_over(const modgate::Request& request) asm(
    "__wrap__ZN7modgate14encode_requestB5cxx11ERKNS_7RequestE");
std::string encode_in_earnest(const modgate::Request& request) asm(
    "__real__ZN7modgate14encode_requestB5cxx11ERKNS_7RequestE");

namespace {

using modgate::Channel;
using modgate::Deadline;
using modgate::Request;

/// A front's descriptors, as its compartment numbers them.
constexpr int kSession = 3;
constexpr int kCaller = 4;
constexpr int kPrompts = 5;
constexpr std::string_view kMarker = "modgate-test-front=";

Deadline soon() { return modgate::BootClock::now() + std::chrono::seconds(10); }

/// Whether it is sent or not: the other end may have had enough.
void try_to_send(int descriptor, const std::string& bytes,
                 const std::vector<int>& descriptors = {}) {
  Channel channel{modgate::Fd(descriptor)};
  static_cast<void>(static_cast<bool>(channel.send(bytes, soon(), descriptors)));
  static_cast<void>(channel.release().release());  // the front goes on with it
}

std::string word_of(modgate::FromAuthenticator::Kind kind) {
  modgate::FromAuthenticator word;
  word.kind = kind;
  return {reinterpret_cast<const char*>(&word), sizeof word};
}

/// Says what only the authenticator may say, to whoever might listen, and lies to the caller.
[[noreturn]] void pretend_to_have_authenticated(const Request& request) {
  try_to_send(kSession, encode_in_earnest(request));
  Channel prompts{modgate::Fd(kPrompts)};
  static_cast<void>(static_cast<bool>(prompts.receive(modgate::Limits::message_bytes, 0, soon())));
  for (const auto kind : {modgate::FromAuthenticator::Kind::about_to_try,
                          modgate::FromAuthenticator::Kind::accepted}) {
    try_to_send(kPrompts, word_of(kind));
    try_to_send(kSession, word_of(kind));
  }
  try_to_send(kPrompts, "!");
  const modgate::ReplyEnd done = {modgate::Outcome::done, {}, {}, {}};
  try_to_send(kSession, modgate::encode_reply(done));
  try_to_send(kCaller, modgate::encode_reply(done));
  ::_exit(0);
}

Request about_another(const Request& request) {
  Request test;
  test.verb = modgate::Verb::policy_test_load;
  test.modules = request.modules;
  test.user = "root";
  return test;
}

}  // namespace

/// What a front that was taken over may do, as the request's reason says: it has three descriptors
/// and its caller's request, and no need to keep to either.
std::string encode_as_taken_over(const Request& request) {
  const std::string honest = encode_in_earnest(request);
  const std::string reason = request.reason.value_or("");
  if (!reason.starts_with(kMarker)) return honest;
  const std::string word = reason.substr(kMarker.size());
  Request forged = request;
  if (word == "uid") return honest + std::string("uid=0\0", 6);
  if (word == "user") return honest + std::string("user=root\0", 10);
  if (word == "denied") {
    forged.modules = {"nf_tables"};
    return encode_in_earnest(forged);
  }
  if (word == "another") return encode_in_earnest(about_another(request));
  if (word == "descriptors") try_to_send(kSession, honest, {kCaller, kCaller, kCaller});
  if (word == "socket") {
    forged.modules.clear();
    forged.handed_over = true;
    forged.file_label = "/tmp/dummy.ko";
    try_to_send(kSession, encode_in_earnest(forged), {kSession});
  }
  if (word == "twice") {
    try_to_send(kSession, honest);
    forged.verb = modgate::Verb::unload;
    return encode_in_earnest(forged);
  }
  if (word == "nonsense") return std::string(modgate::Limits::message_bytes, 'x');
  if (word == "accepted") pretend_to_have_authenticated(request);
  return honest;
}
