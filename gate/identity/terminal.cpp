// SPDX-License-Identifier: Apache-2.0
#include "gate/identity/terminal.h"

namespace modgate {

std::string terminal_name(std::uint32_t device) {
  // new_encode_dev() in include/linux/kdev_t.h
  const std::uint32_t major = (device >> 8U) & 0xfffU;
  const std::uint32_t minor = (device & 0xffU) | ((device >> 12U) & 0xfff00U);
  constexpr std::uint32_t kTty = 4;
  constexpr std::uint32_t kFirstSerial = 64;
  constexpr std::uint32_t kFirstPts = 136;
  constexpr std::uint32_t kLastPts = 143;
  if (major == kTty && minor < kFirstSerial) return "tty" + std::to_string(minor);
  if (major == kTty && minor <= 0xffU) return "ttyS" + std::to_string(minor - kFirstSerial);
  if (major >= kFirstPts && major <= kLastPts) {
    return "pts/" + std::to_string((major - kFirstPts) * 256U + minor);
  }
  return {};
}

}  // namespace modgate
