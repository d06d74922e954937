// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

#include "gate/audit/event.h"

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

/// An empty object with room for `members`: its members are kept in a row, and to let the row grow
/// copies them all.
inline nlohmann::ordered_json object_of(std::size_t members) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  object.get_ref<nlohmann::ordered_json::object_t&>().reserve(members);
  return object;
}

/// `actor` of OCSF: who asked; the helper itself where `peer` is nullptr.
nlohmann::ordered_json actor_json(const Record& record, const Peer* peer, const Clip& clip);

/// `user` of OCSF, without groups.
nlohmann::ordered_json user_json(const Record& record, const Peer* peer, const Clip& clip);

/// `driver` of class 1002: the module asked for. Where no file is known it bears the name that was
/// asked for, with type 0 (Unknown).
nlohmann::ordered_json driver_json(const Record& record, const Clip& clip);

/// `device`: this machine in this boot.
nlohmann::ordered_json device_json(const Origin& origin);

/// `product`.
nlohmann::ordered_json product_json(const Origin& origin);

}  // namespace modgate
