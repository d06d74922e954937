// SPDX-License-Identifier: Apache-2.0
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "gate/review/moment_text.h"
#include "gate/review/where.h"

namespace modgate {
namespace {

constexpr std::array<std::pair<std::string_view, Comparison>, 8> kOperators = {{
    // The longer ones first.
    {"!=", Comparison::is_not},
    {"!~", Comparison::unlike},
    {"<=", Comparison::at_most},
    {">=", Comparison::at_least},
    {"=", Comparison::is},
    {"~", Comparison::like},
    {"<", Comparison::less},
    {">", Comparison::more},
}};

/// What a pattern may cost once it is compiled.
constexpr std::int64_t kPatternMemory = std::int64_t{1} << 20;

constexpr std::array<std::string_view, 2> kActions = {"load", "unload"};

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool is_name_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

bool ends_word(char c) noexcept { return is_blank(c) || c == '(' || c == ')'; }

std::string pattern_of_glob(const std::string& glob) {
  std::string pattern = "(?s)\\A";
  for (const char c : glob) {
    if (c == '*') {
      pattern += ".*";
    } else if (c == '?') {
      pattern += '.';
    } else {
      pattern += re2::RE2::QuoteMeta(re2::StringPiece(&c, 1));
    }
  }
  return pattern + "\\z";
}

template <std::size_t N>
std::string listed(const std::array<std::string_view, N>& words) {
  std::string text;
  for (const std::string_view word : words) {
    text += (text.empty() ? "" : ", ") + std::string(word);
  }
  return text;
}

/// A value as it was written.
struct Value {
  std::string text;
  std::size_t at = 0;
  bool is_pattern = false;  ///< stood between slashes
};

}  // namespace

class WhereParser {
 public:
  WhereParser(std::string_view text, std::int64_t now_ms) : text_(text), now_ms_(now_ms) {}

  Result<Where> parse() {
    if (text_.size() > Where::kMostBytes) {
      return Error{Outcome::usage,
                   "--where has at most " + std::to_string(Where::kMostBytes) + " bytes"};
    }
    if (auto whole = either(); !whole) return whole.error();
    skip_blanks();
    if (at_ < text_.size()) {
      return wrong(at_, text_[at_] == ')' ? "there is no '(' for this ')'"
                                          : "expected 'and', 'or' or the end");
    }
    return std::move(where_);
  }

 private:
  using Node = Where::Node;
  using Kind = Where::Kind;
  using At = Result<std::size_t>;  ///< of a node

  [[nodiscard]] static Error wrong(std::size_t at, const std::string& what) {
    return {Outcome::usage, "--where: column " + std::to_string(at + 1) + ": " + what};
  }

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }

  [[nodiscard]] std::string_view word_here() const {
    std::size_t end = at_;
    while (end < text_.size() && is_name_character(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }

  bool take_word(std::string_view word) {
    skip_blanks();
    if (word_here() != word) return false;
    at_ += word.size();
    return true;
  }

  std::size_t add(Node node) {
    where_.nodes_.push_back(std::move(node));
    return where_.nodes_.size() - 1;
  }

  At joined(std::string_view word, Kind kind, At (WhereParser::*part)()) {
    auto left = (this->*part)();
    while (left && take_word(word)) {
      auto right = (this->*part)();
      if (!right) return right;
      Node node;
      node.kind = kind;
      node.left = *left;
      node.right = *right;
      left = add(std::move(node));
    }
    return left;
  }

  At either() { return joined("or", Kind::either, &WhereParser::both); }
  At both() { return joined("and", Kind::both, &WhereParser::single); }

  // Recursion: as deep as `not` and parentheses stand in each other, at most kMostDepth.
  At single() {
    skip_blanks();
    const std::size_t begin = at_;
    const bool negated = take_word("not");
    const bool nested = !negated && at_ < text_.size() && text_[at_] == '(';
    if (!negated && !nested) return condition();
    if (++depth_ > Where::kMostDepth) {
      return wrong(begin, "nested deeper than " + std::to_string(Where::kMostDepth));
    }
    if (nested) ++at_;
    auto inner = nested ? either() : single();
    if (!inner) return inner;
    --depth_;
    if (negated) {
      Node node;
      node.kind = Kind::negation;
      node.left = *inner;
      return add(std::move(node));
    }
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != ')') return wrong(at_, "expected ')'");
    ++at_;
    return inner;
  }

  At condition() {
    const std::size_t begin = at_;
    const std::string_view name = word_here();
    const FieldName* field = field_named(name);
    if (field == nullptr) {
      if (name.empty()) return wrong(begin, "expected a field, as in: user = alice");
      std::string known;
      for (const FieldName& one : all_fields()) {
        known += (known.empty() ? "" : ", ") + std::string(one.name);
      }
      return wrong(begin, "there is no field '" + std::string(name) + "'; there is: " + known);
    }
    at_ += name.size();
    skip_blanks();
    const std::size_t operator_at = at_;
    const auto* found = std::find_if(kOperators.begin(), kOperators.end(), [&](const auto& one) {
      return text_.substr(at_).starts_with(one.first);
    });
    if (found == kOperators.end()) {
      return wrong(at_, "expected one of = != < <= > >= ~ !~ behind '" + std::string(name) + "'");
    }
    at_ += found->first.size();
    auto value = take_value(found->second);
    if (!value) return value.error();
    return build(*field, found->second, operator_at, std::move(*value));
  }

  Result<Value> take_value(Comparison comparison) {
    skip_blanks();
    Value value;
    value.at = at_;
    if (at_ == text_.size() || text_[at_] == '(' || text_[at_] == ')') {
      return wrong(at_, "expected a value; the empty one is \"\"");
    }
    const bool matches = comparison == Comparison::like || comparison == Comparison::unlike;
    const char first = text_[at_];
    if (first == '"' || first == '\'' || (matches && first == '/')) {
      value.is_pattern = first == '/';
      return take_quoted(std::move(value), first);
    }
    while (at_ < text_.size() && !ends_word(text_[at_])) value.text += text_[at_++];
    return value;
  }

  Result<Value> take_quoted(Value value, char quote) {
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == quote) {
        ++at_;
        return value;
      }
      const bool escapes = c == '\\' && at_ + 1 < text_.size();
      // A pattern has escapes of its own.
      if (escapes && (!value.is_pattern || text_[at_ + 1] == quote)) {
        value.text += text_[++at_];
      } else if (escapes) {
        value.text += c;
        value.text += text_[++at_];
      } else {
        value.text += c;
      }
    }
    return wrong(value.at, std::string("there is no second ") + quote);
  }

  At build(const FieldName& field, Comparison comparison, std::size_t operator_at, Value value) {
    if (++conditions_ > Where::kMostConditions) {
      return wrong(value.at, "more than " + std::to_string(Where::kMostConditions) + " conditions");
    }
    Node node;
    node.condition.field = field.field;
    node.condition.comparison = comparison;
    if (auto made = take_meaning(node, field, operator_at, std::move(value)); !made) {
      return made.error();
    }
    return add(std::move(node));
  }

  Status take_meaning(Node& node, const FieldName& field, std::size_t operator_at, Value value) {
    const Comparison comparison = node.condition.comparison;
    const bool matches = comparison == Comparison::like || comparison == Comparison::unlike;
    const bool is = comparison == Comparison::is || comparison == Comparison::is_not;
    if (field.type == FieldType::moment) {
      if (is || matches) return wrong(operator_at, "a time takes <, <=, > or >=");
      auto moment = parse_moment(value.text, now_ms_);
      if (!moment) return wrong(value.at, moment.error().message);
      node.condition.number = *moment;
      return Done{};
    }
    if (field.type == FieldType::number) {
      if (matches) return wrong(operator_at, std::string(field.name) + " is a number");
      const char* end = value.text.data() + value.text.size();
      const auto [stop, error] = std::from_chars(value.text.data(), end, node.condition.number);
      if (error != std::errc() || stop != end) return wrong(value.at, "expected a whole number");
      return Done{};
    }
    if (!is && !matches) {
      return wrong(operator_at, std::string(field.name) + " is a text: it takes =, !=, ~ and !~");
    }
    if (is) {
      if (auto known = check_word(field.field, value); !known) return known;
    }
    return take_text(node, std::move(value));
  }

  static Status take_text(Node& node, Value value) {
    const Field field = node.condition.field;
    if ((field == Field::module || field == Field::modules) && !value.is_pattern) {
      std::replace(value.text.begin(), value.text.end(), '-', '_');
    }
    node.condition.text = value.text;
    if (node.condition.comparison != Comparison::like &&
        node.condition.comparison != Comparison::unlike) {
      return Done{};
    }
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kPatternMemory);
    auto pattern = std::make_shared<const re2::RE2>(
        value.is_pattern ? value.text : pattern_of_glob(value.text), options);
    if (!pattern->ok()) return wrong(value.at, "not a pattern: " + pattern->error());
    node.pattern = std::move(pattern);
    return Done{};
  }

  /// A word that no event has would be a silent "nothing found".
  static Status check_word(Field field, const Value& value) {
    const auto is_one_of = [&](const auto& words) {
      return value.text.empty() || std::find(words.begin(), words.end(), value.text) != words.end();
    };
    if (field == Field::action && !is_one_of(kActions)) {
      return wrong(value.at, "an action is one of: " + listed(kActions));
    }
    if (field == Field::outcome && !is_one_of(kOutcomes)) {
      return wrong(value.at, "an outcome is one of: " + listed(kOutcomes));
    }
    return Done{};
  }

  std::string_view text_;
  std::int64_t now_ms_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t conditions_ = 0;
  Where where_;
};

Result<Where> Where::parse(std::string_view text, std::int64_t now_ms) {
  return WhereParser(text, now_ms).parse();
}

}  // namespace modgate
