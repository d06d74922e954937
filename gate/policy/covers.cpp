// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/covers.h"

#include <algorithm>
#include <functional>

#include "gate/policy/module_name.h"

namespace modgate {
namespace {

/// A wildcard of `narrow` can only be met by a `*` of `wide`, which then meets all that it stands
/// for. With '?' in `wide` that is not so, and with '/' two kinds of `*` differ.
bool covers_name(const Glob& wide, const Glob& narrow) {
  const std::string text = canonical_name(narrow.pattern());
  if (canonical_name(wide.pattern()) == text) return true;
  const bool is_simple = narrow.is_literal() || wide.pattern().find('?') == std::string::npos;
  return is_simple && wide.matches(text);
}

bool covers_place(const Glob& wide, const Glob& narrow) {
  return wide.pattern() == narrow.pattern() || wide.pattern() == "**" ||
         (narrow.is_literal() && wide.matches(narrow.pattern()));
}

/// Lists without entries do not restrict. Each entry of the narrow one needs one that covers it.
template <class Entry, class Covers>
bool covers_list(const std::vector<Entry>& wide, const std::vector<Entry>& narrow,
                 const Covers& covers_entry) {
  if (wide.empty()) return true;
  return !narrow.empty() && std::all_of(narrow.begin(), narrow.end(), [&](const Entry& entry) {
    return std::any_of(wide.begin(), wide.end(),
                       [&](const Entry& other) { return covers_entry(other, entry); });
  });
}

bool covers_actions(const Rule& wide, const Rule& narrow) {
  return (wide.load || !narrow.load) && (wide.unload || !narrow.unload) &&
         (wide.unload || wide.unload_own || !narrow.unload_own);
}

bool begins_no_later(const std::optional<Moment>& wide, const std::optional<Moment>& narrow) {
  return !wide || (narrow && wide->local == narrow->local && wide->seconds <= narrow->seconds);
}

bool ends_no_earlier(const std::optional<Moment>& wide, const std::optional<Moment>& narrow) {
  return !wide || (narrow && wide->local == narrow->local && wide->seconds >= narrow->seconds);
}

bool covers_conditions(const RuleDetails& wide, const RuleDetails& narrow) {
  const auto same_text = [](const Hours& left, const Hours& right) {
    return left.text() == right.text();
  };
  return covers_list(wide.hosts, narrow.hosts, covers_place) &&
         covers_list(wide.hours, narrow.hours, same_text) &&
         begins_no_later(wide.not_before, narrow.not_before) &&
         ends_no_earlier(wide.expires, narrow.expires);
}

bool has_pins(const RuleDetails& details) {
  return !details.digests.empty() || !details.signers.empty();
}

bool covers_pins(const RuleDetails& wide, const RuleDetails& narrow) {
  const auto covers_digests = [](const auto& more, const auto& less) {
    return more == less || more->contains_all_of(*less);
  };
  return covers_list(wide.digests, narrow.digests, covers_digests) &&
         covers_list(wide.signers, narrow.signers, std::equal_to<>());
}

bool is_same(const ReasonRule& left, const ReasonRule& right) {
  const auto text = [](const ReasonRule& rule) {
    return rule.pattern ? rule.pattern->expression() : std::string();
  };
  return left.asked == right.asked && left.pattern.has_value() == right.pattern.has_value() &&
         text(left) == text(right);
}

}  // namespace

bool covers(const Rule& wide, const Rule& narrow) {
  const RuleDetails& more = *wide.details;
  const RuleDetails& less = *narrow.details;
  const bool needs_proof = !wide.is_allow && narrow.is_allow && has_pins(more);
  if (!more.imports.empty() || needs_proof) return false;
  const bool same_source = wide.source == ModuleSource::any || wide.source == narrow.source;
  return same_source && covers_actions(wide, narrow) &&
         covers_list(wide.modules, narrow.modules, covers_name) &&
         covers_list(more.trees, less.trees, covers_place) && covers_pins(more, less) &&
         covers_conditions(more, less);
}

bool grants_as_freely(const Rule& wide, const Rule& narrow) {
  // A rule without parameters allows none, which every rule does.
  if (!narrow.details->parameters.empty()) return false;
  const Terms& more = *wide.terms;
  const Terms& less = *narrow.terms;
  const bool authenticates_alike =
      !more.authenticate || (less.authenticate && more.pam_service == less.pam_service);
  return authenticates_alike && (!more.reason.asked || is_same(more.reason, less.reason));
}

}  // namespace modgate
