// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gate/policy/toml.h"

namespace modgate {

/// A part of a file, from the beginning of one of its lines to the end of another.
struct Piece {
  std::string_view text;
  std::uint32_t lines_before = 0;
};

/// Cuts a file before lines that look like the header of a rule, `[[`, into pieces of `least` bytes
/// or a little more. A large file is parsed piece by piece, since toml++ takes time with the square
/// of its tables and much memory for its tree. Where each piece is sound by itself and no table is
/// defined in two (SeenTables), the file is sound as a whole and means the same: a cut inside a
/// string or a list leaves a piece that does not parse. Where one is not, the whole file is what
/// counts.
std::vector<Piece> cut(std::string_view text, std::size_t least);

/// What earlier pieces of a file say of its tables, so that a table that is defined twice shows.
class SeenTables {
 public:
  /// Whether this table or list may stand in this piece beside what earlier ones have under the
  /// same path. Stricter than TOML in doubt.
  bool add(const std::string& path, const toml::node& node, const Piece& piece);

  /// From here on: another piece.
  void next_piece();

 private:
  /// Implied by the header of something in it, or grown by one; defined by its own header or by
  /// dotted keys; or written whole, with brackets.
  enum class Kind : std::uint8_t { implied, defined, closed };
  [[nodiscard]] Kind kind_of(const toml::node& node, const Piece& piece);

  std::unordered_map<std::string, Kind> earlier_;
  std::vector<std::size_t> line_begins_;  ///< of this piece
};

}  // namespace modgate
