// SPDX-License-Identifier: Apache-2.0
#include "gate/courier/standing.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "gate/evidence/checkpoint.h"
#include "gate/evidence/cosignature.h"
#include "gate/wire/fields.h"

namespace modgate {
namespace {

constexpr std::uint64_t kGreatestSize = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view kSizeType = "text/x.tlog.size";
constexpr std::size_t kShownBytes = 200;

AfterVisit failed(Standing& standing, std::string complaint) {
  const std::chrono::seconds pause{1U << std::min(standing.failures, 16U)};
  ++standing.failures;
  standing.conflicts = 0;
  return {false, std::min(pause, kLongestPause), std::move(complaint)};
}

/// The size that a witness says it cosigned last.
std::optional<std::uint64_t> size_in(const HttpReply& reply) {
  if (!std::string_view(reply.content_type).starts_with(kSizeType)) return std::nullopt;
  std::string_view text = reply.body;
  if (text.ends_with('\n')) text.remove_suffix(1);
  auto size = parse_number(text, kGreatestSize);
  if (!size) return std::nullopt;
  return *size;
}

/// Whether the answer holds a cosignature of the checkpoint under the witness's key.
Status look_at(const std::string& signatures, const std::string& key, const CourierSubmit& submit) {
  auto witness = parse_witness_key(key);
  if (!witness) return witness.error();
  auto checkpoint = parse_signed_checkpoint(submit.checkpoint);
  if (!checkpoint) return checkpoint.error();
  // A note as the specification puts it together: the checkpoint, and what the witness said.
  auto note = parse_note(checkpoint->note.text + '\n' + signatures);
  if (!note) return note.error();
  if (auto time = find_cosignature(*note, *witness); !time) return time.error();
  return Done{};
}

}  // namespace

AfterVisit weigh_answer(Standing& standing, const std::string& key, const CourierSubmit& submit,
                        const Result<HttpReply>& answer) {
  if (!answer) return failed(standing, answer.error().message);
  if (answer->status == 200) {
    if (auto sound = look_at(answer->body, key, submit); !sound) {
      return failed(standing, sound.error().message + "; is its key in the policy the right one?");
    }
    standing = {submit.size, 0, 0};
    return {true};
  }
  const auto size = answer->status == 409 ? size_in(*answer) : std::nullopt;
  if (size && *size != submit.old_size && standing.conflicts < kMostConflicts) {
    standing.accepted = *size;
    ++standing.conflicts;
    return {};
  }
  return failed(standing, "it answers " + std::to_string(answer->status) + ": " +
                              answer->body.substr(0, kShownBytes));
}

}  // namespace modgate
