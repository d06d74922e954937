// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "modgate/result.h"

namespace modgate {

/// What travels between the recorder, which makes checkpoints of the log, and the courier, which
/// carries them to the witnesses (https://c2sp.org/tlog-witness) and brings their cosignatures
/// back. The courier knows nothing that is secret and decides nothing: the recorder verifies what
/// it brings, and a courier that lies or dies only costs time.
///
/// The courier connects to kCourierSocket (AF_UNIX, SOCK_SEQPACKET, mode 0660, group
/// modgate-courier). The listener looks at the peer's uid or gid, which must be modgate-courier's,
/// and hands the connection to the recorder; a newer connection takes the place of an older one,
/// which is closed. Each message is a run of fields (gate/wire/fields.h) of at most kCourierBytes.
///
///   recorder → courier   `witnesses`  at once, and whenever a policy changes them
///   courier  → recorder  `next`       once for each witness that it is ready to serve: what that
///                                     witness is known to have accepted. A second one for the same
///                                     witness takes the place of the first.
///   recorder → courier   `submit`     answers one `next`, as soon as there is a checkpoint larger
///                                     than what was accepted; until then nothing comes
///   courier  → recorder  `cosigned`   the witness's answer; then the courier says `next` again
///
/// The courier asks for one witness while it waits for another: each has its own `next`. It adds
/// to a witness's URL the path /add-checkpoint, and on "409 Conflict" it says `next` with the size
/// that the witness gave. A witness that cannot be reached is one for which it says no `next` for a
/// while. An `accepted` beyond the log's end means that the witness saw a longer log than this one:
/// the recorder records that and answers nothing.
inline constexpr const char* kCourierSocket = "/run/modgate/courier.sock";
inline constexpr std::size_t kCourierBytes = std::size_t{64} * 1024;
inline constexpr std::size_t kMostWitnesses = 16;

/// One witness of the policy.
struct CourierWitness {
  std::string name;
  std::string url;  ///< as in the policy, without a '/' at its end
  std::string key;  ///< verifier key of type 0x04, for those who want to look before they bring

  bool operator==(const CourierWitness&) const = default;
};

struct CourierWitnesses {
  std::vector<CourierWitness> witnesses;
};

struct CourierNext {
  std::string witness;         ///< its name
  std::uint64_t accepted = 0;  ///< records of the last tree that it accepted; 0: none, or unknown
};

/// What is to be posted: "old OLD_SIZE", the lines of the proof, an empty line, the checkpoint.
struct CourierSubmit {
  std::string witness;
  std::string url;
  std::uint64_t old_size = 0;      ///< what `next` said
  std::uint64_t size = 0;          ///< of the checkpoint
  std::vector<std::string> proof;  ///< consistency proof from old_size, base64 hashes, at most 63
  std::string checkpoint;          ///< the signed note, as it is

  /// The body of the witness's add-checkpoint request.
  [[nodiscard]] std::string body() const;
};

struct CourierCosigned {
  std::string witness;
  std::uint64_t size = 0;  ///< of the checkpoint that `submit` gave
  std::string signatures;  ///< the body of the witness's answer: signature lines, each with its end
};

using ToCourier = std::variant<CourierWitnesses, CourierSubmit>;
using FromCourier = std::variant<CourierNext, CourierCosigned>;

/// Outcome::unavailable for what does not fit a message.
Result<std::string> encode_to_courier(const ToCourier& message);
Result<std::string> encode_from_courier(const FromCourier& message);

/// Strict and bounded. Outcome::usage for anything else.
Result<ToCourier> decode_to_courier(std::string_view message);
Result<FromCourier> decode_from_courier(std::string_view message);

}  // namespace modgate
