// SPDX-License-Identifier: Apache-2.0
#include "gate/wire/message_fields.h"

namespace modgate {

Error malformed(std::string_view what) {
  return {Outcome::usage, "a message to or from the recorder is malformed: " + std::string(what)};
}

}  // namespace modgate
