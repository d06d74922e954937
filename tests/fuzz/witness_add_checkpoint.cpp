// SPDX-License-Identifier: Apache-2.0
// What anybody on the network may post to a witness.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gate/evidence/base64.h"
#include "gate/witness/witness_decision.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace modgate;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto request = parse_add_checkpoint(body);
  if (!request) return 0;
  // What was taken is spelled the one way there is.
  std::string again = "old " + std::to_string(request->old_size) + '\n';
  for (const Digest& hash : request->proof) {
    again += encode_base64({reinterpret_cast<const char*>(hash.data()), hash.size()}) + '\n';
  }
  if (again + '\n' + format_note(request->checkpoint.note) != body) std::abort();
  // Nobody has a key of the log.
  const WitnessedLog log{request->checkpoint.checkpoint.origin, {}};
  const WitnessState state{request->old_size, request->checkpoint.checkpoint.root};
  const WitnessDecision decision = witness_decision(&log, state, *request);
  if (decision.verdict != WitnessVerdict::not_signed || decision.state != state) std::abort();
  return 0;
}
