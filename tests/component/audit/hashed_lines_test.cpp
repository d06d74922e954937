// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/hashed_lines.h"

#include <sched.h>

#include <stdexcept>

#include "component/audit/log_fixture.h"
#include "gate/audit/chain.h"
#include "gate/audit/line_reader.h"

using namespace modgate;
namespace fs = std::filesystem;

namespace {

/// A folder with segments of any bytes.
struct Segments {
  sample::TemporaryDirectory directory;

  void add(std::uint64_t first, const std::string& bytes) const {
    sample::write_file(directory.path() / segment_name(first), bytes);
  }

  /// Reads all; `take` may say that it is enough.
  Result<LinesEnd> read(const std::function<bool(const HashedLine&)>& take) const {
    const Fd opened(::open(directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    auto segments = list_segments(opened.get());
    REQUIRE(segments);
    return for_each_hashed_line(opened.get(), *segments, take);
  }

  struct Line {
    std::size_t segment;
    std::uint64_t number;
    std::string text;
    bool operator==(const Line&) const = default;
  };
  struct All {
    std::vector<Line> lines;
    std::optional<std::pair<std::size_t, std::uint64_t>> torn;
    bool hashes_are_right = true;
    bool operator==(const All&) const = default;
  };
  [[nodiscard]] All all() const {
    All all;
    const auto end = read([&](const HashedLine& line) {
      all.lines.push_back({line.place.segment, line.place.number, std::string(line.text)});
      all.hashes_are_right = all.hashes_are_right && line.chain == chain_hash(line.text) &&
                             line.leaf == leaf_hash(line.text);
      return true;
    });
    REQUIRE(end);
    if (end->torn) all.torn = {end->torn->segment, end->torn->number};
    return all;
  }
};

/// Keeps this process to one processor.
class OneProcessor {
 public:
  OneProcessor() {
    REQUIRE(::sched_getaffinity(0, sizeof before_, &before_) == 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    for (std::size_t at = 0; at < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++at) {
      if (CPU_ISSET(at, &before_)) CPU_SET(at, &one);
    }
    REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
  }
  ~OneProcessor() { static_cast<void>(::sched_setaffinity(0, sizeof before_, &before_)); }
  OneProcessor(const OneProcessor&) = delete;
  OneProcessor& operator=(const OneProcessor&) = delete;

 private:
  cpu_set_t before_ = {};
};

/// Lines of all lengths up to the longest, so that they end anywhere in what is read at once.
std::vector<std::string> lines_of_all_lengths(std::size_t seed) {
  std::vector<std::string> lines;
  std::size_t length = seed;
  for (int at = 0; at < 300; ++at) {
    length = (length * 1103515245 + 12345) % (at % 40 == 0 ? LineReader::kLongest : 3000);
    lines.emplace_back(length, static_cast<char>('a' + at % 26));
  }
  lines.emplace_back(LineReader::kLongest, 'z');
  return lines;
}

}  // namespace

TEST_CASE("every line is handed on in the log's order, on any number of processors") {
  const Segments log;
  std::vector<Segments::Line> expected;
  for (const std::uint64_t first : {1U, 302U, 603U}) {
    const auto lines = lines_of_all_lengths(first);
    log.add(first, sample::joined(lines));
    for (std::size_t at = 0; at < lines.size(); ++at) {
      expected.push_back({first / 301, at + 1, lines[at]});
    }
  }
  log.add(904, "");
  const Segments::All all = log.all();
  CHECK(all.lines == expected);
  CHECK(all.hashes_are_right);
  CHECK_FALSE(all.torn);
  const OneProcessor one;
  CHECK(log.all() == all);
}

TEST_CASE("a line without an end and one that is too long end the reading") {
  const Segments log;
  const std::string sound = sample::joined({"one", "two"});
  log.add(3, sound);
  SECTION("without an end") { log.add(1, sound + "tor"); }
  SECTION("one byte too long") {
    log.add(1, sound + std::string(LineReader::kLongest + 1, 'x') + "\nnext\n");
  }
  SECTION("far too long") {
    log.add(1, sound + std::string(3 * LineReader::kLongest, 'x') + "\nnext\n");
  }
  SECTION("far too long and without an end") {
    log.add(1, sound + std::string(3 * LineReader::kLongest, 'x'));
  }
  const Segments::All all = log.all();
  CHECK(all.lines == std::vector<Segments::Line>{{0, 1, "one"}, {0, 2, "two"}});
  REQUIRE(all.torn);
  CHECK(*all.torn == std::pair<std::size_t, std::uint64_t>{0, 3});
  const OneProcessor one;
  CHECK(log.all() == all);
}

TEST_CASE("who takes the lines may stop, and what it throws passes through") {
  const Segments log;
  log.add(1, sample::joined(lines_of_all_lengths(1)) + "torn");
  int taken = 0;
  SECTION("it stops") {
    const auto end = log.read([&](const HashedLine&) { return ++taken < 100; });
    REQUIRE(end);
    CHECK_FALSE(end->torn);
  }
  SECTION("it throws") {
    CHECK_THROWS_AS(log.read([&](const HashedLine&) -> bool {
      if (++taken == 100) throw std::runtime_error("enough");
      return true;
    }),
                    std::runtime_error);
  }
  CHECK(taken == 100);
}

TEST_CASE("what cannot be read is an error behind all lines that could be") {
  const Segments log;
  log.add(1, sample::joined({"one", "two"}));
  fs::create_directory(log.directory.path() / segment_name(3));
  int taken = 0;
  CHECK_FALSE(log.read([&](const HashedLine&) { return ++taken > 0; }));
  CHECK(taken == 2);
}
