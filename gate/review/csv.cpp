// SPDX-License-Identifier: Apache-2.0
#include "gate/review/csv.h"

namespace modgate {
namespace {

bool looks_like_formula(std::string_view cell) {
  const std::size_t first = cell.find_first_not_of(' ');
  return first != std::string_view::npos &&
         std::string_view("=+-@\t\r").find(cell[first]) != std::string_view::npos;
}

std::string csv_cell(std::string_view cell) {
  std::string text = looks_like_formula(cell) ? "'" : "";
  text += cell;
  if (text.find_first_of("\",\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

std::string csv_record(const std::vector<std::string>& cells) {
  std::string record;
  bool first = true;
  for (const std::string& cell : cells) {
    if (!first) record += ',';
    first = false;
    record += csv_cell(cell);
  }
  return record;
}

}  // namespace modgate
