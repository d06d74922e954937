// SPDX-License-Identifier: Apache-2.0
#include "pam/service_file.h"

#include <strings.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace modgate {
namespace {

constexpr std::string_view kBlank = " \t\n";

bool same_word(const std::string& word, const char* other) {
  return ::strcasecmp(word.c_str(), other) == 0;
}

/// A line with those that continue it, without comment.
struct WholeLine {
  std::string text;
  std::size_t number = 0;
};

class LineReader {
 public:
  LineReader(std::string_view text, const std::string& path) : rest_(text), path_(path) {}

  [[nodiscard]] Error wrong(std::size_t number, const std::string& why) const {
    return {Outcome::unavailable, path_ + ':' + std::to_string(number) + ": " + why};
  }

  /// nullopt at the end of the text.
  Result<std::optional<WholeLine>> next() {
    WholeLine whole;
    bool continued = false;
    while (!rest_.empty()) {
      std::string_view line = take_line();
      const std::size_t comment = line.find('#');
      const bool has_comment = comment != std::string_view::npos;
      if (has_comment) line = line.substr(0, comment);
      const std::size_t last = line.find_last_not_of(kBlank);
      const bool is_blank = last == std::string_view::npos;
      if (continued && (is_blank || has_comment)) {
        return wrong(number_, "a line that continues into an empty line or a comment");
      }
      if (is_blank) continue;
      if (!continued) whole.number = number_;
      continued = line[last] == '\\';
      if (continued && has_comment) return wrong(number_, "a backslash before a comment");
      whole.text += line.substr(0, continued ? last : last + 1);
      if (!continued) return std::optional(std::move(whole));
      whole.text += ' ';
    }
    if (continued) return wrong(number_, "the last line ends with a backslash");
    return std::optional<WholeLine>();
  }

 private:
  std::string_view take_line() {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++number_;
    return line;
  }

  std::string_view rest_;
  const std::string& path_;
  std::size_t number_ = 0;
};

/// The words of a line; "[...]" is one without its brackets, in which "\]" stands for "]".
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::size_t at = text.find_first_not_of(kBlank);
  while (at < text.size()) {
    std::string word;
    if (text[at] == '[') {
      for (++at; at < text.size() && text[at] != ']'; ++at) {
        if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == ']') ++at;
        word += text[at];
      }
      if (at < text.size()) ++at;
    } else {
      const std::size_t end = std::min(text.find_first_of(kBlank, at), text.size());
      word = text.substr(at, end - at);
      at = end;
    }
    words.push_back(std::move(word));
    at = text.find_first_not_of(kBlank, at);
  }
  return words;
}

std::optional<PamType> type_of(const std::string& word) {
  const std::string name = word.starts_with('-') ? word.substr(1) : word;
  if (same_word(name, "auth")) return PamType::auth;
  if (same_word(name, "account")) return PamType::account;
  if (same_word(name, "password")) return PamType::password;
  if (same_word(name, "session")) return PamType::session;
  return std::nullopt;
}

Result<PamLine> understand(const WholeLine& whole, const LineReader& reader) {
  const std::vector<std::string> words = words_of(whole.text);
  PamLine line;
  line.number = whole.number;
  if (!words.empty() && same_word(words[0], "@include")) {
    if (words.size() != 2) return reader.wrong(whole.number, "@include needs one file");
    line.kind = PamLine::Kind::include;
    line.target = words[1];
    return line;
  }
  const auto type = words.empty() ? std::nullopt : type_of(words[0]);
  if (!type) return reader.wrong(whole.number, "neither auth, account, password nor session");
  if (words.size() < 3) return reader.wrong(whole.number, "a control and a module are needed");
  line.type = *type;
  line.target = words[2];
  if (same_word(words[1], "include") || same_word(words[1], "substack")) {
    line.kind = PamLine::Kind::include;
  } else {
    line.arguments.assign(words.begin() + 3, words.end());
  }
  return line;
}

}  // namespace

Result<std::vector<PamLine>> parse_pam_service(std::string_view text, const std::string& path) {
  LineReader reader(text, path);
  if (text.find('\0') != std::string_view::npos) return reader.wrong(1, "the file holds a NUL");
  std::vector<PamLine> lines;
  for (;;) {
    auto whole = reader.next();
    if (!whole) return whole.error();
    if (!*whole) return lines;
    auto line = understand(**whole, reader);
    if (!line) return line.error();
    lines.push_back(std::move(*line));
  }
}

}  // namespace modgate
