// SPDX-License-Identifier: Apache-2.0
#include "gate/module/modprobe_config.h"

#include <fnmatch.h>

#include <filesystem>
#include <map>
#include <system_error>

#include "gate/module/bounded_file.h"

namespace modgate {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestFile = std::size_t{1024} * 1024;
constexpr std::size_t kMostFiles = 1024;
constexpr std::string_view kBlank = " \t";

/// Base name to path; the first one of a base name stays.
using Files = std::map<std::string, std::string>;

void add_directory(Files& files, const std::string& directory) {
  std::error_code trouble;
  if (fs::is_regular_file(directory, trouble)) {
    files.emplace(fs::path(directory).filename().string(), directory);
    return;
  }
  fs::directory_iterator entry(directory, trouble);
  for (; !trouble && entry != fs::directory_iterator() && files.size() < kMostFiles;
       entry.increment(trouble)) {
    const std::string name = entry->path().filename().string();
    const bool counts = name.front() != '.' && name.size() >= 6 &&
                        (name.ends_with(".conf") || name.ends_with(".alias"));
    if (counts) files.emplace(name, entry->path().string());
  }
}

/// Cuts the next word off `text`, as strtok_r does.
std::string_view next_word(std::string_view& text) {
  const auto start = text.find_first_not_of(kBlank);
  if (start == std::string_view::npos) {
    text = {};
    return {};
  }
  text.remove_prefix(start);
  const std::string_view word = text.substr(0, text.find_first_of(kBlank));
  text.remove_prefix(word.size());
  if (!text.empty()) text.remove_prefix(1);
  return word;
}

/// '-' is '_' but within brackets, as libkmod's underscores().
std::string underscored(std::string_view pattern) {
  std::string text(pattern);
  bool within = false;
  for (char& c : text) {
    if (c == '[') within = true;
    if (c == ']') within = false;
    if (c == '-' && !within) c = '_';
  }
  return text;
}

/// Cuts the next line off `text`, joining lines that end with a backslash; counts into `number`.
std::string next_line(std::string_view& text, std::uint32_t& number) {
  std::string line;
  for (;;) {
    const auto end = text.find('\n');
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (!part.ends_with('\\') || text.empty()) return line.append(part);
    line.append(part.substr(0, part.size() - 1));
  }
}

}  // namespace

ModprobeConfig ModprobeConfig::read(const std::string& tree, const std::string& config) {
  Files files;
  files.emplace("modules.softdep", tree + "/modules.softdep");
  if (!config.empty()) {
    add_directory(files, config);
  } else {
    for (const char* directory : {"/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d",
                                  "/usr/lib/modprobe.d", "/lib/modprobe.d"}) {
      add_directory(files, directory);
    }
  }
  ModprobeConfig lines;
  for (const auto& [name, path] : files) {
    if (auto content = read_bounded(path, kLargestFile)) lines.parse(path, *content);
  }
  return lines;
}

void ModprobeConfig::parse(const std::string& file, std::string_view text) {
  std::uint32_t number = 0;
  while (!text.empty()) {
    const std::uint32_t start = number + 1;
    const std::string whole = next_line(text, number);
    if (whole.empty() || whole.front() == '#') continue;
    std::string_view rest(whole);
    const std::string_view directive = next_word(rest);
    if (directive != "install" && directive != "remove" && directive != "softdep") continue;
    const std::string_view module = next_word(rest);
    if (module.empty() || rest.empty()) continue;
    lines_.push_back({file, start, std::string(directive), underscored(module), std::string(rest)});
  }
}

const ModprobeConfig::Line* ModprobeConfig::first(std::string_view directive,
                                                  const std::string& module) const {
  for (const Line& line : lines_) {
    if (line.directive == directive && ::fnmatch(line.module.c_str(), module.c_str(), 0) == 0) {
      return &line;
    }
  }
  return nullptr;
}

std::string ModprobeConfig::where(std::string_view directive, const std::string& module) const {
  const Line* line = first(directive, module);
  return line == nullptr ? "modprobe.d" : line->file + ':' + std::to_string(line->number);
}

std::vector<std::string> ModprobeConfig::soft_dependencies(const std::string& module) const {
  std::vector<std::string> names;
  const Line* line = first("softdep", module);
  if (line == nullptr) return names;
  bool listed = false;
  std::string_view rest(line->rest);
  for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest)) {
    if (word == "pre:" || word == "post:") {
      listed = true;
    } else if (listed) {
      names.emplace_back(word);
    }
  }
  return names;
}

}  // namespace modgate
