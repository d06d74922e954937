// SPDX-License-Identifier: Apache-2.0
#include "gate/review/log_index.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "gate/review/index_builder.h"
#include "gate/review/index_query.h"
#include "gate/review/index_tables.h"

namespace modgate {
namespace {

constexpr const char* kRootFolder = "/var/cache/modgate";
/// Of a log's path: with what SQLite puts behind it, it stays a file name.
constexpr std::size_t kNameBytes = 200;

Status make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return Error{Outcome::failed, path + ": " + std::strerror(errno), errno};
  }
  return Done{};
}

/// What a person's own environment names, as it should be.
std::optional<std::string> absolute_in_environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value != '/') return std::nullopt;
  return value;
}

void remove_file(const std::string& path) {
  // What cannot be removed cannot be opened anew either, and then the log itself is read.
  for (const char* ending : {"", "-wal", "-shm", "-journal"}) {
    static_cast<void>(::unlink((path + ending).c_str()));
  }
}

/// Two logs whose names come to the same take turns: the index fits but one of them.
std::string file_name(const OpenLog& log) {
  const CHandle<char, std::free> real(::realpath(log.path.c_str(), nullptr));
  std::string name = real == nullptr ? log.path : real.get();
  if (name.size() > kNameBytes) name.erase(0, name.size() - kNameBytes);
  std::replace(name.begin(), name.end(), '/', '-');
  return "log" + name + ".sqlite";
}

}  // namespace

Result<std::string> LogIndex::folder() {
  std::string folder = kRootFolder;
  if (::geteuid() != 0) {
    std::string caches;
    if (const auto cache = absolute_in_environment("XDG_CACHE_HOME")) {
      caches = *cache;
    } else if (const auto home = absolute_in_environment("HOME")) {
      caches = *home + "/.cache";
    } else {
      return Error{Outcome::failed, "no folder for caches: set HOME"};
    }
    if (auto made = make_folder(caches); !made) return made.error();
    folder = caches + "/modgate";
  }
  if (auto made = make_folder(folder); !made) return made.error();
  struct stat state = {};
  const Fd opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!opened || ::fstat(opened.get(), &state) != 0) {
    return Error{Outcome::failed, folder + ": " + std::strerror(errno), errno};
  }
  if (state.st_uid != ::geteuid() || (state.st_mode & 0022U) != 0) {
    return Error{Outcome::failed, folder + " is not this user's alone"};
  }
  return folder;
}

Result<LogIndex> LogIndex::open_fitting(const std::string& path, const OpenLog& log,
                                        const Progress& progress) {
  auto database = SqlDatabase::open(path);
  if (!database) return database.error();
  LogIndex index(std::move(*database), path);
  if (auto made = make_index_tables(index.database_); !made) return made.error();
  auto fits = index_fits(index.database_, log);
  if (!fits) return fits.error();
  if (!*fits) return Error{Outcome::failed, "the index does not fit the log"};
  auto end = IndexBuilder(index.database_, log).catch_up(progress);
  if (!end) return end.error();
  index.end_ = *end;
  return index;
}

Result<LogIndex> LogIndex::open(const std::string& folder, const OpenLog& log,
                                const Progress& progress) {
  const std::string path = folder + '/' + file_name(log);
  auto index = open_fitting(path, log, progress);
  // Another process that is building it right now must not lose its file.
  if (index || (index.error().code & 0xff) == SQLITE_BUSY) return index;
  remove_file(path);
  return open_fitting(path, log, progress);
}

bool LogIndex::helps(const Selection& selection) { return index_helps(selection); }

void LogIndex::forget() const { remove_file(path_); }

Status LogIndex::candidates(const Selection& selection, bool backwards, const Take& take) {
  auto sql = index_query(database_, selection, backwards);
  if (!sql) return sql.error();
  if (!*sql) return Done{};
  auto rows = database_.prepare((*sql)->c_str());
  if (!rows) return rows.error();
  while (true) {
    auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return Done{};
    auto more = take({static_cast<std::uint64_t>(rows->number(0)),
                      static_cast<std::uint64_t>(rows->number(1)),
                      static_cast<std::uint32_t>(rows->number(2))});
    if (!more) return more.error();
    if (!*more) return Done{};
  }
}

}  // namespace modgate
