// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/event_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace modgate {
namespace {

constexpr std::size_t kUsualMembers = 12;
constexpr std::size_t kUsualLine = 4096;

bool is_plain(char character) noexcept {
  return character >= 0x20 && character < 0x7f && character != '"' && character != '\\';
}

void write_text(std::string& out, const std::string& text) {
  if (std::all_of(text.begin(), text.end(), is_plain)) {
    out += '"';
    out += text;
    out += '"';
    return;
  }
  out += nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace

EventJson& EventJson::operator[](const char* name) {
  kind_ = Kind::object;
  const std::string_view wanted(name);
  const auto known = std::find(names_.begin(), names_.end(), wanted);
  if (known != names_.end()) return items_[static_cast<std::size_t>(known - names_.begin())];
  if (items_.empty()) {
    names_.reserve(kUsualMembers);
    items_.reserve(kUsualMembers);
  }
  names_.push_back(wanted);
  return items_.emplace_back();
}

void EventJson::push_back(EventJson item) {
  kind_ = Kind::array;
  items_.push_back(std::move(item));
}

void EventJson::write(std::string& out) const {
  switch (kind_) {
    case Kind::null:
      out += "null";
      return;
    case Kind::plain:
      out += text_;
      return;
    case Kind::text:
      return write_text(out, text_);
    case Kind::object:
    case Kind::array:
      break;
  }
  const bool object = kind_ == Kind::object;
  out += object ? '{' : '[';
  for (std::size_t at = 0; at < items_.size(); ++at) {
    if (at > 0) out += ',';
    if (object) {
      out += '"';
      out += names_[at];
      out += "\":";
    }
    items_[at].write(out);
  }
  out += object ? '}' : ']';
}

std::string EventJson::line() const {
  std::string out;
  out.reserve(kUsualLine);
  write(out);
  return out;
}

}  // namespace modgate
