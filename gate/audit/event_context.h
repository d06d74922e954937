// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "gate/audit/event.h"
#include "gate/audit/event_json.h"

namespace modgate {

/// Cuts texts to a number of bytes.
class Clip {
 public:
  explicit Clip(std::size_t limit) : limit_(limit) {}
  std::string operator()(const std::string& text) const {
    return text.size() <= limit_ ? text : text.substr(0, limit_) + "...";
  }

 private:
  std::size_t limit_;
};

/// `actor` of OCSF: who asked; the helper itself where `peer` is nullptr.
EventJson actor_json(const Record& record, const Peer* peer, const Clip& clip);

/// `user` of OCSF, without groups.
EventJson user_json(const Record& record, const Peer* peer, const Clip& clip);

/// `driver` of class 1002: the module asked for. Where no file is known it bears the name that was
/// asked for, with type 0 (Unknown).
EventJson driver_json(const Record& record, const Clip& clip);

/// `device`: this machine in this boot.
EventJson device_json(const Origin& origin);

/// `product`.
EventJson product_json(const Origin& origin);

}  // namespace modgate
