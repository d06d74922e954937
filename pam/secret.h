// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace modgate {

/// An answer to a prompt. Lies in a fixed array, never in a std::string; wiped when it ends and
/// when it is moved from. At most 511 bytes (PAM_MAX_RESP_SIZE less the NUL).
class Secret {
 public:
  static constexpr std::size_t kMaxBytes = 511;

  Secret() noexcept = default;
  /// Text over kMaxBytes is an error of the caller and leaves the secret empty and unusable: PAM
  /// never gets it, not even as an empty answer.
  explicit Secret(std::string_view text) noexcept;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  [[nodiscard]] std::string_view view() const noexcept { return {bytes_, size_}; }
  /// Whether PAM can be handed this: it fitted, and no NUL would cut it short.
  [[nodiscard]] bool is_usable() const noexcept { return usable_; }

 private:
  void take(Secret& other) noexcept;
  void wipe() noexcept;
  char bytes_[kMaxBytes + 1] = {};
  std::size_t size_ = 0;
  bool usable_ = true;
};

}  // namespace modgate
