// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "catch.h"
#include "gate/audit/ledger.h"
#include "gate/audit/log_directory.h"
#include "gate/audit/recovery.h"
#include "gate/audit/verify.h"
#include "unit/audit/sample.h"

namespace modgate::sample {

/// A directory of its own that is gone afterwards.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "modgate-log-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::stringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

inline std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

/// The log of a test.
struct TestLog {
  TemporaryDirectory directory;

  [[nodiscard]] std::filesystem::path segment(std::uint64_t first = 1) const {
    return directory.path() / segment_name(first);
  }

  [[nodiscard]] Result<Recovered> recover() const {
    auto opened = open_log_directory(directory.path().string());
    if (!opened) return opened.error();
    return recover_log(opened->get(), kBoot);
  }

  /// As the recorder does it.
  [[nodiscard]] Result<Ledger> open(const LedgerSettings& settings = {}) const {
    auto opened = open_log_directory(directory.path().string());
    if (!opened) return opened.error();
    auto found = recover_log(opened->get(), kBoot);
    if (!found) return found.error();
    return Ledger::open(std::move(*opened), found->tail, origin(), settings);
  }

  /// Anew where a recorder that serves removed a segment between its listing and its reading.
  [[nodiscard]] Verified verified() const {
    const Fd opened(::open(directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    auto result = verify_log(opened.get());
    for (int again = 0; !result && result.error().code == ENOENT && again < 1000; ++again) {
      result = verify_log(opened.get());
    }
    REQUIRE(result);
    return std::move(*result);
  }

  [[nodiscard]] std::vector<std::string> all_lines() const {
    std::vector<std::string> lines;
    const Fd opened(::open(directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    auto segments = list_segments(opened.get());
    REQUIRE(segments);
    for (const Segment& one : *segments) {
      for (std::string& line : lines_of(read_file(directory.path() / one.name))) {
        lines.push_back(std::move(line));
      }
    }
    return lines;
  }

  /// Adds the record of a removal in a segment of its own, as the recorder does before it.
  void record_removal(const RemovedRecords& removed) const {
    auto ledger = open(LedgerSettings{1});
    REQUIRE(ledger);
    Record told = record(RecordKind::retention);
    told.removed = removed;
    REQUIRE(ledger->append(told, nullptr, kCorrelation, true));
    REQUIRE(ledger->commit());
  }

  /// `count` refusals, one a group.
  void fill(std::uint64_t count, const LedgerSettings& settings = {}) const {
    auto ledger = open(settings);
    REQUIRE(ledger);
    const Peer peer = alice();
    for (std::uint64_t at = 0; at < count; ++at) {
      REQUIRE(ledger->append(record(RecordKind::refusal), &peer, kCorrelation, true));
      REQUIRE(ledger->commit());
    }
  }
};

}  // namespace modgate::sample
