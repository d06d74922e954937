// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gate/policy/problem.h"
#include "gate/policy/toml.h"

namespace modgate {

/// Collects what is wrong with one file.
class ProblemList {
 public:
  ProblemList(std::string file, std::vector<Problem>& problems)
      : file_(std::move(file)), problems_(problems) {}

  void error(const toml::source_position& where, std::string message);
  void warning(const toml::source_position& where, std::string message);

  /// Whether any more errors would be dropped.
  [[nodiscard]] bool is_full() const noexcept;

  [[nodiscard]] const std::string& file() const noexcept { return file_; }

  /// Places are in a part of the file that begins after so many lines.
  void set_lines_before(std::uint32_t lines) noexcept { lines_before_ = lines; }
  [[nodiscard]] std::uint32_t line_of(const toml::source_position& where) const noexcept {
    return where.line + lines_before_;
  }

 private:
  void add(bool is_error, const toml::source_position& where, std::string message);

  std::string file_;
  std::uint32_t lines_before_ = 0;
  std::vector<Problem>& problems_;
};

/// A list of strings with the place of each.
struct PlacedText {
  std::string text;
  toml::source_position where;
};

/// Reads one table key by key, so that finish() can name every key that nobody asked for. A value
/// of the wrong kind is a problem and reads as absent.
class TableReader {
 public:
  /// `what` names the table in messages: "a rule", "[defaults]"; it must outlive the reader.
  TableReader(const toml::table& table, std::string_view what, ProblemList& problems)
      : table_(table), what_(what), problems_(problems) {
    known_.reserve(kUsualKeys);
  }

  /// The value under `key`, or nullptr. The key must outlive the reader; to take one twice counts
  /// once.
  const toml::node* take(std::string_view key);

  std::optional<bool> flag(std::string_view key);
  std::optional<std::string> text(std::string_view key);
  /// Not empty, of strings that are not empty; at most 1024.
  std::vector<PlacedText> texts(std::string_view key);
  /// The same, or one such string alone.
  std::vector<PlacedText> one_or_more_texts(std::string_view key);
  const toml::table* table(std::string_view key);

  /// Names the keys that are left.
  void finish();

  [[nodiscard]] toml::source_position where() const { return table_.source().begin; }
  ProblemList& problems() noexcept { return problems_; }

 private:
  const toml::table& table_;
  static constexpr std::size_t kUsualKeys = 24;

  std::string_view what_;
  ProblemList& problems_;
  std::size_t found_ = 0;
  std::vector<std::string_view> known_;
};

}  // namespace modgate
