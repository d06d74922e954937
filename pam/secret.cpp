// SPDX-License-Identifier: Apache-2.0
#include "pam/secret.h"

#include <string.h>

#include <cstring>

namespace modgate {

Secret::Secret(std::string_view text) noexcept {
  usable_ = text.size() <= kMaxBytes && text.find('\0') == std::string_view::npos;
  if (text.empty() || text.size() > kMaxBytes) return;
  std::memcpy(bytes_, text.data(), text.size());
  size_ = text.size();
}

Secret::Secret(Secret&& other) noexcept { take(other); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    take(other);
  }
  return *this;
}

Secret::~Secret() { wipe(); }

void Secret::take(Secret& other) noexcept {
  std::memcpy(bytes_, other.bytes_, sizeof bytes_);
  size_ = other.size_;
  usable_ = other.usable_;
  other.wipe();
}

void Secret::wipe() noexcept {
  ::explicit_bzero(bytes_, sizeof bytes_);
  size_ = 0;
  usable_ = true;
}

}  // namespace modgate
