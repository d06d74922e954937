// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/pieces.h"

#include <algorithm>

namespace modgate {
namespace {

std::uint32_t lines_in(std::string_view text) {
  return static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

std::vector<Piece> cut(std::string_view text, std::size_t least) {
  std::vector<Piece> pieces;
  std::uint32_t lines_before = 0;
  while (text.size() > least) {
    const std::size_t end = text.find("\n[[", least);
    if (end == std::string_view::npos) break;
    pieces.push_back({text.substr(0, end + 1), lines_before});
    lines_before += lines_in(pieces.back().text);
    text.remove_prefix(end + 1);
  }
  pieces.push_back({text, lines_before});
  return pieces;
}

bool SeenTables::add(const std::string& path, const toml::node& node, const Piece& piece) {
  const Kind kind = kind_of(node, piece);
  const auto [known, is_new] = earlier_.emplace(path, kind);
  if (is_new) return true;
  if (known->second == Kind::closed || kind == Kind::closed) return false;
  if (known->second == Kind::defined && kind == Kind::defined) return false;
  known->second = std::max(known->second, kind);
  return true;
}

void SeenTables::next_piece() { line_begins_.clear(); }

SeenTables::Kind SeenTables::kind_of(const toml::node& node, const Piece& piece) {
  if (const toml::table* table = node.as_table(); table != nullptr && table->is_inline()) {
    return Kind::closed;
  }
  if (line_begins_.empty()) {
    line_begins_.push_back(0);
    for (std::size_t at = 0; at < piece.text.size(); ++at) {
      if (piece.text[at] == '\n') line_begins_.push_back(at + 1);
    }
  }
  const std::size_t line = node.source().begin.line;
  if (line == 0 || line > line_begins_.size()) return Kind::closed;
  std::string_view text = piece.text.substr(line_begins_[line - 1]);
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  if (text.starts_with("[[")) return Kind::implied;
  return node.is_array() ? Kind::closed : Kind::defined;
}

}  // namespace modgate
