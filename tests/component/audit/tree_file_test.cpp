// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/tree_file.h"

#include "component/audit/log_fixture.h"
#include "unit/evidence/trees.h"

using namespace modgate;
namespace fs = std::filesystem;

namespace {

struct Folder {
  sample::TemporaryDirectory directory;
  Fd opened{::open(directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  [[nodiscard]] fs::path file() const { return directory.path() / TreeFile::kName; }
};

/// Writes a tree of `size` records behind what the file holds.
void grow(TreeFile& file, CompactRange& range, std::uint64_t size) {
  while (range.size() < size) {
    range.append(leaf_hash("record " + std::to_string(range.size())),
                 [&](unsigned, const Digest& hash) { file.append(hash); });
  }
}

}  // namespace

TEST_CASE("a tree file proves what a tree in memory proves, flushed or not") {
  const Folder folder;
  auto file = TreeFile::open_for_writing(folder.opened.get());
  REQUIRE(file);
  CHECK(file->size() == 0);
  CompactRange range;
  for (std::uint64_t size = 1; size <= 70; ++size) {
    CAPTURE(size);
    grow(*file, range, size);
    CHECK(file->size() == size);
    if (size % 7 == 0) REQUIRE(file->flush());
    const trees::Tree other = trees::of_size(size);
    CHECK(*tree_root(size, file->subtree()) == other.range().root());
    CHECK(*inclusion_proof(size / 2, size, file->subtree()) ==
          *inclusion_proof(size / 2, size, other.subtree()));
    CHECK(*consistency_proof(size / 3, size, file->subtree()) ==
          *consistency_proof(size / 3, size, other.subtree()));
  }
  REQUIRE(file->flush());
  CHECK(fs::file_size(folder.file()) == 32 * (70 + 35 + 17 + 8 + 4 + 2 + 1));

  const auto again = TreeFile::open_for_reading(folder.opened.get());
  REQUIRE(again);
  CHECK(again->size() == 70);
  CHECK(*tree_root(70, again->subtree()) == range.root());
  CHECK(CompactRange::load(70, again->subtree())->root() == range.root());
  CHECK_FALSE(tree_root(71, again->subtree()));
  CHECK_FALSE(again->subtree()(63, 1));
  CHECK_FALSE(again->subtree()(64, 0));
}

TEST_CASE("a tree file can be cut to every smaller tree and goes on from there") {
  const Folder folder;
  auto file = TreeFile::open_for_writing(folder.opened.get());
  REQUIRE(file);
  CompactRange range;
  grow(*file, range, 40);
  REQUIRE(file->flush());
  CHECK_FALSE(file->cut(41));
  for (const std::uint64_t size : {39U, 32U, 31U, 17U, 1U, 0U}) {
    REQUIRE(file->cut(size));
    CHECK(file->size() == size);
    auto loaded = CompactRange::load(size, file->subtree());
    REQUIRE(loaded);
    CHECK(loaded->root() == trees::of_size(size).range().root());
  }
  CompactRange from_there;
  grow(*file, from_there, 9);
  CHECK(*tree_root(9, file->subtree()) == trees::of_size(9).range().root());
}

TEST_CASE("half a hash at the end of a tree file counts as none") {
  const Folder folder;
  {
    auto file = TreeFile::open_for_writing(folder.opened.get());
    CompactRange range;
    grow(*file, range, 4);
    REQUIRE(file->flush());
  }
  fs::resize_file(folder.file(), 7 * 32 - 1);
  auto file = TreeFile::open_for_writing(folder.opened.get());
  REQUIRE(file);
  CHECK(file->size() == 3);
}

TEST_CASE("a tree file that is no file of its own is refused") {
  const Folder folder;
  fs::create_symlink("elsewhere", folder.file());
  CHECK_FALSE(TreeFile::open_for_writing(folder.opened.get()));
  CHECK_FALSE(TreeFile::open_for_reading(folder.opened.get()));
}

TEST_CASE("what cannot be written for long is given up, and said to be") {
  const Folder folder;
  auto file = TreeFile::open_for_writing(folder.opened.get());
  REQUIRE(file);
  for (std::size_t count = 0; count <= TreeFile::kMostWaiting / 32; ++count) file->append({});
  CHECK_FALSE(file->is_whole());
  REQUIRE(file->flush());
  CHECK(file->size() == 0);
}
