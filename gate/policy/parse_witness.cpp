// SPDX-License-Identifier: Apache-2.0
#include "gate/policy/parse_witness.h"

#include <algorithm>

#include "gate/evidence/verifier_key.h"

namespace modgate {
namespace {

constexpr std::size_t kUrlBytes = 1024;

/// The place of a value that was read, for what is wrong with it.
toml::source_position place_of(const toml::table& table, std::string_view key) {
  const toml::node* const node = table.get(key);
  return node == nullptr ? table.source().begin : node->source().begin;
}

/// An address that paths can be added to; whether anybody answers there is the courier's to see.
bool is_url(std::string_view url) {
  std::string_view rest = url;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return false;
  }
  return !rest.empty() && rest.front() != '/' && url.size() <= kUrlBytes &&
         std::all_of(rest.begin(), rest.end(), [](char byte) {
           return byte > ' ' && byte < '\x7f' && byte != '"' && byte != '\\' && byte != '?' &&
                  byte != '#' && byte != '@';
         });
}

void parse_witness(const toml::table& table, std::vector<Witness>& witnesses,
                   ProblemList& problems) {
  TableReader reader(table, "a witness", problems);
  auto name = reader.text("name");
  auto url = reader.text("url");
  const auto key = reader.text("key");
  for (const std::string_view needed : {"name", "url", "key"}) {
    if (!table.contains(needed)) {
      problems.error(reader.where(), "a witness has 'name', 'url' and 'key'");
      break;
    }
  }
  reader.finish();
  if (!name || !url || !key) return;
  if (!is_url(*url)) {
    return problems.error(place_of(table, "url"),
                          "'url' is where the witness answers: https://HOST/PATH or http://...");
  }
  while (url->ends_with('/')) url->pop_back();
  auto parsed = parse_witness_key(*key);
  if (!parsed) return problems.error(place_of(table, "key"), "'key': " + parsed.error().message);
  if (parsed->name != *name) {
    return problems.error(place_of(table, "key"),
                          "the key is of the witness " + parsed->name + ": its name is 'name'");
  }
  for (const Witness& known : witnesses) {
    if (known.name == *name) {
      return problems.error(place_of(table, "name"), "the witness " + *name + " is named already");
    }
  }
  if (witnesses.size() == kMostPolicyWitnesses) {
    return problems.error(reader.where(),
                          "more than " + std::to_string(kMostPolicyWitnesses) + " witnesses");
  }
  witnesses.push_back({std::move(*name), std::move(*url), parsed->text()});
}

}  // namespace

void parse_witnesses(const toml::node& node, std::vector<Witness>& witnesses,
                     ProblemList& problems) {
  const toml::array* list = node.as_array();
  if (list == nullptr || !list->is_homogeneous(toml::node_type::table)) {
    return problems.error(node.source().begin,
                          "witnesses are a list: each begins with [[witness]]");
  }
  for (const toml::node& witness : *list) {
    if (problems.is_full()) return;
    parse_witness(*witness.as_table(), witnesses, problems);
  }
}

std::optional<bool> parse_anchor(TableReader& reader) {
  const toml::node* node = reader.take("anchor");
  if (node == nullptr) return std::nullopt;
  const auto value = node->value_exact<std::string>();
  if (value == "async") return false;
  if (value == "before-load") return true;
  reader.problems().error(node->source().begin, "'anchor' is \"async\" or \"before-load\"");
  return std::nullopt;
}

}  // namespace modgate
