// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/hashed_lines.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "gate/audit/chain.h"
#include "gate/audit/line_reader.h"

namespace modgate {
namespace {

/// Read at once: fits the second-level cache of a processor, as each line is hashed twice.
constexpr std::size_t kReadBytes = std::size_t{256} * 1024;
/// The longest rest of a block goes before it.
constexpr std::size_t kBlockBytes = LineReader::kLongest + kReadBytes;
/// Beyond so many, reading alone is what takes the time.
constexpr unsigned kMostThreads = 8;

/// A run of whole lines of one segment.
struct Block {
  std::uint64_t number = 0;  ///< of all blocks, from 0
  std::size_t segment = 0;   ///< which of the log's, from 0
  std::vector<char> bytes = std::vector<char>(kBlockBytes);
  std::size_t size = 0;          ///< of the whole lines in it, with their newlines
  bool torn = false;             ///< what follows them is no whole line
  std::optional<Error> failure;  ///< what follows them could not be read
};

/// Cuts the segments into blocks.
class BlockReader {
 public:
  BlockReader(int directory, const std::vector<Segment>& segments)
      : directory_(directory), segments_(segments) {}

  /// False at the end, which is also behind a torn line and behind what could not be read.
  bool next(Block& block) {
    while (!ended_ && segment_ < segments_.size()) {
      block.segment = segment_;
      const Status filled = fill(block);
      cut(block);
      if (!filled) block.failure = filled.error();
      ended_ = block.torn || block.failure;
      if (block.size == 0 && !ended_) continue;
      block.number = blocks_++;
      return true;
    }
    return false;
  }

 private:
  /// Fills the block, or goes on to the next segment at the end of this one.
  Status fill(Block& block) {
    block.size = 0;
    if (!file_) {
      auto file = open_segment(directory_, segments_[segment_].name, O_RDONLY);
      if (!file) return file.error();
      file_ = std::move(*file);
    }
    block.size = rest_.size();
    std::copy(rest_.begin(), rest_.end(), block.bytes.begin());
    const std::size_t wanted = rest_.size() + kReadBytes;
    while (block.size < wanted) {
      const ssize_t got = ::read(file_.get(), block.bytes.data() + block.size, wanted - block.size);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return log_error(segments_[segment_].name, errno);
      if (got == 0) {
        file_.reset();
        ++segment_;
        break;
      }
      block.size += static_cast<std::size_t>(got);
    }
    return Done{};
  }

  /// Leaves the block its whole lines; what is behind them begins the next one.
  void cut(Block& block) {
    const std::string_view all(block.bytes.data(), block.size);
    const std::size_t newline = all.rfind('\n');
    block.size = newline == std::string_view::npos ? 0 : newline + 1;
    const std::string_view rest = all.substr(block.size);
    const bool segment_ends = segment_ != block.segment;
    block.torn = segment_ends ? !rest.empty() : rest.size() > LineReader::kLongest;
    rest_.assign(rest.begin(), rest.end());
  }

  int directory_;
  const std::vector<Segment>& segments_;
  Fd file_;
  std::size_t segment_ = 0;
  std::vector<char> rest_;
  std::uint64_t blocks_ = 0;
  bool ended_ = false;
};

/// Hashes a block's lines; those behind one that is too long are no lines any more.
void hash_lines(Block& block, std::vector<HashedLine>& lines) {
  lines.clear();
  std::string_view left(block.bytes.data(), block.size);
  while (!left.empty()) {
    const std::string_view text = left.substr(0, left.find('\n'));
    if (text.size() > LineReader::kLongest) {
      block.torn = true;
      return;
    }
    lines.push_back({{}, text, chain_hash(text), leaf_hash(text), scan_line(text)});
    left.remove_prefix(text.size() + 1);
  }
}

/// The threads at work: each reads a block when no other reads, hashes it beside the others, and
/// hands its lines on when it is that block's turn.
class HashingThreads {
 public:
  HashingThreads(int directory, const std::vector<Segment>& segments,
                 const std::function<bool(const HashedLine&)>& take)
      : reader_(directory, segments), take_(take) {}

  Result<LinesEnd> run() {
    const unsigned count = std::clamp(std::thread::hardware_concurrency(), 1U, kMostThreads);
    std::vector<std::future<void>> others;
    for (unsigned at = 1; at < count; ++at) {
      others.push_back(std::async(std::launch::async, [this] { work(); }));
    }
    work();
    for (auto& other : others) other.get();
    if (failure_) return *failure_;
    return end_;
  }

 private:
  void work() {
    try {
      Block block;
      std::vector<HashedLine> lines;
      while (read(block)) {
        hash_lines(block, lines);
        if (!hand_on(block, lines)) return;
      }
    } catch (...) {
      // Nobody may wait for the turn of a block that is lost.
      stop();
      throw;
    }
  }

  bool read(Block& block) {
    const std::lock_guard one_reads(reading_);
    return reader_.next(block);
  }

  /// False where nothing is wanted any more.
  bool hand_on(const Block& block, std::vector<HashedLine>& lines) {
    std::unique_lock lock(handing_on_);
    turn_.wait(lock, [&] { return stopped_ || turn_of_ == block.number; });
    if (stopped_) return false;
    if (block.segment != place_.segment) place_ = {block.segment, 0};
    for (HashedLine& line : lines) {
      ++place_.number;
      line.place = place_;
      if (take_(line)) continue;
      stopped_ = true;
      break;
    }
    if (!stopped_ && (block.torn || block.failure)) {
      failure_ = block.failure;
      if (!failure_) end_.torn = SegmentLine{place_.segment, place_.number + 1};
      stopped_ = true;
    }
    ++turn_of_;
    turn_.notify_all();
    return !stopped_;
  }

  void stop() {
    const std::lock_guard lock(handing_on_);
    stopped_ = true;
    turn_.notify_all();
  }

  std::mutex reading_;
  BlockReader reader_;
  std::mutex handing_on_;
  std::condition_variable turn_;
  std::uint64_t turn_of_ = 0;  ///< the block
  bool stopped_ = false;
  SegmentLine place_;  ///< of the line that was handed on last
  const std::function<bool(const HashedLine&)>& take_;
  LinesEnd end_;
  std::optional<Error> failure_;
};

}  // namespace

Result<LinesEnd> for_each_hashed_line(int directory, const std::vector<Segment>& segments,
                                      const std::function<bool(const HashedLine&)>& take) {
  return HashingThreads(directory, segments, take).run();
}

}  // namespace modgate
