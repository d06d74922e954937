// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "modgate/record.h"
#include "modgate/result.h"

namespace modgate {

/// Longest message to the recorder.
inline constexpr std::size_t kRecordBytes = std::size_t{128} * 1024;

/// A record with the wish for a receipt.
struct PostedRecord {
  Record record;
  bool wants_receipt = true;
};

/// Refuses (Outcome::unavailable) a record that is longer than kRecordBytes or holds a NUL. Of the
/// groups the first 256 travel, of the modules that appeared the first 256.
Result<std::string> encode_record(const Record& record, bool wants_receipt = true);
Result<PostedRecord> decode_record(std::string_view message);

}  // namespace modgate
